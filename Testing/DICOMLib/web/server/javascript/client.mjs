// A page of a web viewer: dicomweb-client asks, dcmjs reads, and jsdom keeps the rules of browsers (CORS).
//
//     node client.mjs TASK ROOT_OF_SERVER ORIGIN_OF_PAGE TOKEN ARGUMENT…
//
// What was found is one JSON document on standard output; what failed is {"error": …}.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import dcmjs from "dcmjs";
import dicomweb from "dicomweb-client";
import { JSDOM, VirtualConsole } from "jsdom";

const [task, url, origin, token, ...given] = process.argv.slice(2);
const page = new JSDOM("", { url: origin, virtualConsole: new VirtualConsole() });
globalThis.XMLHttpRequest = page.window.XMLHttpRequest;
dcmjs.log.setLevel("silent");

const headers = token ? { Authorization: `Bearer ${token}` } : {};
const client = new dicomweb.api.DICOMwebClient({ url, headers, verbose: false });
const { DicomMessage, DicomMetaDictionary } = dcmjs.data;

const digest = (content) => createHash("sha256").update(new Uint8Array(content)).digest("hex");
const natural = (dataset) => DicomMetaDictionary.naturalizeDataset(dataset);
const uids = ([studyInstanceUID, seriesInstanceUID, sopInstanceUID]) =>
  ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID });

/** Tags of a file, as dcmjs reads them, and the digest of its bytes. */
function described(content) {
  const read = DicomMessage.readFile(content);
  const { SOPInstanceUID, Rows, PatientName } = natural(read.dict);
  const syntax = natural(read.meta).TransferSyntaxUID;
  const pixels = read.dict["7FE00010"].Value.map(digest);
  return { SOPInstanceUID, Rows, PatientName: String(PatientName), syntax, pixels, digest: digest(content) };
}

const TASKS = {
  async search() {
    const queryParams = { PatientName: given[0] };
    const studies = (await client.searchForStudies({ queryParams })).map(natural);
    const study = { studyInstanceUID: studies[0].StudyInstanceUID };
    const series = (await client.searchForSeries(study)).map(natural);
    const instances = (await client.searchForInstances(study)).map(natural);
    return {
      names: studies.map((one) => String(one.PatientName)),
      series: series.map((one) => one.SeriesInstanceUID),
      instances: instances.map((one) => one.SOPInstanceUID),
    };
  },

  async metadata() {
    return (await client.retrieveSeriesMetadata(uids(given))).map(natural);
  },

  async frames() {
    const frameNumbers = given[3].split(",").map(Number);
    const mediaTypes = [{ mediaType: given[4], transferSyntaxUID: given[5] }];
    const options = { ...uids(given), frameNumbers, mediaTypes };
    return (await client.retrieveInstanceFrames(options)).map(digest);
  },

  async instance() {
    return described(await client.retrieveInstance(uids(given)));
  },

  async study() {
    return (await client.retrieveStudy(uids(given))).map(described);
  },

  async rendered() {
    const mediaTypes = [{ mediaType: "image/png" }];
    const [picture] = await client.retrieveInstanceRendered({ ...uids(given), mediaTypes });
    return Buffer.from(picture).toString("base64");
  },

  /** Each file as it is, then one that dcmjs has written anew. */
  async store() {
    const contents = given.map((path) => new Uint8Array(readFileSync(path)).buffer);
    const read = DicomMessage.readFile(contents[0]);
    read.dict["00080018"].Value = ["2.25.42"];
    read.meta["00020003"].Value = ["2.25.42"];
    const written = read.write();
    const answer = await client.storeInstances({ datasets: [...contents, written] });
    return typeof answer === "string" ? JSON.parse(answer) : answer;
  },
};

TASKS[task]().then(
  (found) => process.stdout.write(JSON.stringify(found)),
  (error) => process.stdout.write(JSON.stringify({ error: error?.message || String(error), status: error?.status })),
);
