-- Tables for the answers of a query, schema version 0.8.1.
--
-- As dicom-schema.sql, but each instance has its own Filename, and the columns are shown as suits a list
-- of things that are not here yet.

DROP TABLE IF EXISTS SchemaInfo;
CREATE TABLE SchemaInfo (
  Version VARCHAR(1024) NOT NULL
);

DROP TABLE IF EXISTS Images;
CREATE TABLE Images (
  SOPInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY,
  Filename VARCHAR(1024) NOT NULL,
  URL VARCHAR(2048),
  SeriesInstanceUID VARCHAR(64) NOT NULL,
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedFieldsUpdatedTimestamp DATETIME
);

CREATE UNIQUE INDEX ImagesFilenameIndex ON Images (Filename);
CREATE INDEX ImagesSeriesIndex ON Images (SeriesInstanceUID);

DROP TABLE IF EXISTS Patients;
CREATE TABLE Patients (
  UID INTEGER PRIMARY KEY AUTOINCREMENT,
  PatientsName VARCHAR(255),
  PatientID VARCHAR(255),
  PatientsBirthDate DATE,
  PatientsBirthTime TIME,
  PatientsSex VARCHAR(1),
  PatientsAge VARCHAR(10),
  PatientsComments VARCHAR(255),
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedPatientsName VARCHAR(255),
  DisplayedNumberOfStudies INT,
  DisplayedFieldsUpdatedTimestamp DATETIME,
  Connections VARCHAR(2048)
);

DROP TABLE IF EXISTS Studies;
CREATE TABLE Studies (
  StudyInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY,
  PatientsUID INT NOT NULL,
  StudyID VARCHAR(255),
  StudyDate DATE,
  StudyTime VARCHAR(20),
  StudyDescription VARCHAR(255),
  AccessionNumber VARCHAR(255),
  ModalitiesInStudy VARCHAR(255),
  InstitutionName VARCHAR(255),
  ReferringPhysician VARCHAR(255),
  PerformingPhysiciansName VARCHAR(255),
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedNumberOfSeries INT,
  DisplayedFieldsUpdatedTimestamp DATETIME
);

CREATE INDEX StudiesPatientIndex ON Studies (PatientsUID);

DROP TABLE IF EXISTS Series;
CREATE TABLE Series (
  SeriesInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY,
  StudyInstanceUID VARCHAR(64) NOT NULL,
  SeriesNumber INT,
  SeriesDate DATE,
  SeriesTime VARCHAR(20),
  SeriesDescription VARCHAR(255),
  Modality VARCHAR(20),
  BodyPartExamined VARCHAR(255),
  FrameOfReferenceUID VARCHAR(64),
  AcquisitionNumber INT,
  ContrastAgent VARCHAR(255),
  ScanningSequence VARCHAR(45),
  EchoNumber INT,
  TemporalPosition INT,
  InsertTimestamp VARCHAR(20) NOT NULL,
  DisplayedCount INT,
  DisplayedSize VARCHAR(20),
  DisplayedNumberOfFrames INT,
  DisplayedFieldsUpdatedTimestamp DATETIME
);

CREATE INDEX SeriesStudyIndex ON Series (StudyInstanceUID);

DROP TABLE IF EXISTS Directories;
CREATE TABLE Directories (
  Dirname VARCHAR(1024) PRIMARY KEY
);

DROP TABLE IF EXISTS ColumnDisplayProperties;
CREATE TABLE ColumnDisplayProperties (
  TableName VARCHAR(64) NOT NULL,
  FieldName VARCHAR(64) NOT NULL,
  DisplayedName VARCHAR(255),
  Visibility INT DEFAULT 1,
  Weight INT,
  Format VARCHAR(255),
  PRIMARY KEY (TableName, FieldName)
);

INSERT INTO SchemaInfo (Version) VALUES ('0.8.1');

-- A smaller weight is further to the left.
INSERT INTO ColumnDisplayProperties
  (TableName, FieldName, DisplayedName, Visibility, Weight, Format)
VALUES
  ('Patients', 'UID', '', 0, 0, ''),
  ('Patients', 'PatientsName', 'Patient name', 1, 0, '{"sort": "ascending", "resizeMode":"stretch"}'),
  ('Patients', 'PatientID', 'Patient ID', 1, 1, ''),
  ('Patients', 'PatientsBirthDate', 'Birth date', 1, 2, '{"resizeMode":"resizeToContents"}'),
  ('Patients', 'PatientsBirthTime', 'Birth time', 0, 0, ''),
  ('Patients', 'PatientsSex', 'Sex', 1, 3, '{"resizeMode":"resizeToContents"}'),
  ('Patients', 'PatientsAge', 'Age', 0, 0, ''),
  ('Patients', 'PatientsComments', 'Comments', 0, 0, ''),
  ('Patients', 'InsertTimestamp', 'Date added', 0, 0, ''),
  ('Patients', 'DisplayedPatientsName', 'Patient name', 0, 0, ''),
  ('Patients', 'DisplayedNumberOfStudies', 'Studies', 0, 0, ''),
  ('Patients', 'DisplayedFieldsUpdatedTimestamp', '', 0, 0, ''),
  ('Patients', 'Connections', '', 0, 0, ''),
  ('Studies', 'StudyInstanceUID', '', 0, 0, ''),
  ('Studies', 'PatientsUID', '', 0, 0, ''),
  ('Studies', 'StudyID', 'Study ID', 1, 2, ''),
  ('Studies', 'StudyDate', 'Study date', 1, 1, '{"resizeMode":"resizeToContents", "sort": "ascending"}'),
  ('Studies', 'StudyTime', 'Study time', 0, 0, ''),
  ('Studies', 'StudyDescription', 'Study description', 1, 3, '{"resizeMode":"stretch"}'),
  ('Studies', 'AccessionNumber', 'Accession #', 0, 0, ''),
  ('Studies', 'ModalitiesInStudy', 'Modalities', 0, 0, ''),
  ('Studies', 'InstitutionName', 'Institution', 0, 0, ''),
  ('Studies', 'ReferringPhysician', 'Referring physician', 0, 0, ''),
  ('Studies', 'PerformingPhysiciansName', 'Performing physician', 0, 0, ''),
  ('Studies', 'InsertTimestamp', 'Date added', 0, 5, ''),
  ('Studies', 'DisplayedNumberOfSeries', 'Series', 0, 4, ''),
  ('Studies', 'DisplayedFieldsUpdatedTimestamp', '', 0, 0, ''),
  ('Series', 'SeriesInstanceUID', '', 0, 0, ''),
  ('Series', 'StudyInstanceUID', '', 0, 0, ''),
  ('Series', 'SeriesNumber', 'Series #', 1, 0, '{"resizeMode":"resizeToContents", "sort": "ascending"}'),
  ('Series', 'SeriesDate', 'Series date', 0, 0, ''),
  ('Series', 'SeriesTime', 'Series time', 1, 3, ''),
  ('Series', 'SeriesDescription', 'Series description', 1, 2, '{"resizeMode":"stretch"}'),
  ('Series', 'Modality', 'Modality', 1, 1, '{"resizeMode":"resizeToContents"}'),
  ('Series', 'BodyPartExamined', 'Body part', 0, 0, ''),
  ('Series', 'FrameOfReferenceUID', '', 0, 0, ''),
  ('Series', 'AcquisitionNumber', 'Acquisition #', 0, 0, ''),
  ('Series', 'ContrastAgent', 'Contrast agent', 0, 0, ''),
  ('Series', 'ScanningSequence', 'Scanning sequence', 0, 0, ''),
  ('Series', 'EchoNumber', 'Echo #', 0, 0, ''),
  ('Series', 'TemporalPosition', 'Temporal position', 0, 0, ''),
  ('Series', 'InsertTimestamp', 'Date added', 0, 6, ''),
  ('Series', 'DisplayedSize', 'Size', 0, 4, ''),
  ('Series', 'DisplayedCount', 'Count', 0, 5, ''),
  ('Series', 'DisplayedNumberOfFrames', 'Number of frames', 0, 0, ''),
  ('Series', 'DisplayedFieldsUpdatedTimestamp', '', 0, 0, '');
