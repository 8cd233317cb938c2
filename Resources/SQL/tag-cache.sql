-- The cached values of elements, kept small: instances of a series share most of their values.
--
-- A default holds the values of the instance by which it was made; each instance that refers to it stores
-- only what differs. A difference whose value is NULL hides the default: the value is not cached.
-- Programs that know the one table TagCache(SOPInstanceUID, Tag, Value) read and write the view.

CREATE TABLE IF NOT EXISTS TagDefaults (
  Id INTEGER PRIMARY KEY,
  SeriesInstanceUID TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS TagDefaultsSeriesIndex ON TagDefaults (SeriesInstanceUID);

CREATE TABLE IF NOT EXISTS TagDefaultValues (
  DefaultId INTEGER NOT NULL,
  Tag TEXT NOT NULL,
  Value TEXT,
  PRIMARY KEY (DefaultId, Tag)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS TagDefaultValuesIndex ON TagDefaultValues (Tag, Value);

CREATE TABLE IF NOT EXISTS TagInstances (
  Id INTEGER PRIMARY KEY,
  SOPInstanceUID TEXT NOT NULL UNIQUE,
  DefaultId INTEGER
);
CREATE INDEX IF NOT EXISTS TagInstancesDefaultIndex ON TagInstances (DefaultId);

CREATE TABLE IF NOT EXISTS TagDifferences (
  InstanceId INTEGER NOT NULL,
  Tag TEXT NOT NULL,
  Value TEXT,
  PRIMARY KEY (InstanceId, Tag)
) WITHOUT ROWID;

-- The tags in which an instance may differ from its default, and the values of the instances, each between two
-- characters US (31): NULL where they are still to be collected, '' where they are too many. So a search looks at
-- instances for these only. Every write to the view makes them NULL.
CREATE TABLE IF NOT EXISTS TagVarying (
  Tag TEXT NOT NULL,
  DefaultId INTEGER NOT NULL,
  Texts TEXT,
  PRIMARY KEY (Tag, DefaultId)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS TagVaryingDefaultIndex ON TagVarying (DefaultId);
CREATE INDEX IF NOT EXISTS TagVaryingOpenIndex ON TagVarying (DefaultId) WHERE Texts IS NULL;
CREATE INDEX IF NOT EXISTS TagVaryingAskedIndex ON TagVarying (Tag) WHERE ifnull(Texts, '') = '';
-- A search goes from one text to the next, and few of them differ as a rule. Those that would not fit into a page
-- of an index are read row by row.
CREATE INDEX IF NOT EXISTS TagVaryingShortIndex ON TagVarying (Tag, Texts) WHERE length(Texts) <= 900;
CREATE INDEX IF NOT EXISTS TagVaryingLongIndex ON TagVarying (Tag) WHERE length(Texts) > 900;

CREATE VIEW TagCache (SOPInstanceUID, Tag, Value) AS
  SELECT i.SOPInstanceUID, d.Tag, d.Value
  FROM TagInstances AS i JOIN TagDifferences AS d ON d.InstanceId = i.Id
  WHERE d.Value IS NOT NULL
  UNION ALL
  SELECT i.SOPInstanceUID, v.Tag, v.Value
  FROM TagInstances AS i JOIN TagDefaultValues AS v ON v.DefaultId = i.DefaultId
  WHERE NOT EXISTS (SELECT 1 FROM TagDifferences AS d WHERE d.InstanceId = i.Id AND d.Tag = v.Tag);

-- "INSERT OR REPLACE" of the caller also rules the statements below, so the instance must be looked for
-- first: replacing its row would give it another number.
CREATE TRIGGER TagCacheInsert INSTEAD OF INSERT ON TagCache
BEGIN
  INSERT INTO TagInstances (SOPInstanceUID)
    SELECT NEW.SOPInstanceUID
    WHERE NOT EXISTS (SELECT 1 FROM TagInstances WHERE SOPInstanceUID = NEW.SOPInstanceUID);
  INSERT OR REPLACE INTO TagDifferences (InstanceId, Tag, Value)
    SELECT Id, NEW.Tag, NEW.Value FROM TagInstances WHERE SOPInstanceUID = NEW.SOPInstanceUID;
  INSERT OR REPLACE INTO TagVarying (Tag, DefaultId)
    SELECT NEW.Tag, DefaultId FROM TagInstances
    WHERE SOPInstanceUID = NEW.SOPInstanceUID AND DefaultId IS NOT NULL;
END;

CREATE TRIGGER TagCacheDelete INSTEAD OF DELETE ON TagCache
BEGIN
  INSERT OR REPLACE INTO TagDifferences (InstanceId, Tag, Value)
    SELECT Id, OLD.Tag, NULL FROM TagInstances WHERE SOPInstanceUID = OLD.SOPInstanceUID;
  INSERT OR REPLACE INTO TagVarying (Tag, DefaultId)
    SELECT OLD.Tag, DefaultId FROM TagInstances
    WHERE SOPInstanceUID = OLD.SOPInstanceUID AND DefaultId IS NOT NULL;
  -- Once nothing of the instance is left to see, its rows go, too.
  UPDATE TagInstances SET DefaultId = NULL
    WHERE SOPInstanceUID = OLD.SOPInstanceUID
    AND NOT EXISTS (SELECT 1 FROM TagCache WHERE SOPInstanceUID = OLD.SOPInstanceUID);
  DELETE FROM TagDifferences
    WHERE InstanceId = (SELECT Id FROM TagInstances WHERE SOPInstanceUID = OLD.SOPInstanceUID)
    AND NOT EXISTS (SELECT 1 FROM TagCache WHERE SOPInstanceUID = OLD.SOPInstanceUID);
  DELETE FROM TagInstances
    WHERE SOPInstanceUID = OLD.SOPInstanceUID AND DefaultId IS NULL
    AND NOT EXISTS (SELECT 1 FROM TagDifferences WHERE InstanceId = TagInstances.Id);
END;

CREATE TRIGGER TagCacheUpdate INSTEAD OF UPDATE ON TagCache
BEGIN
  DELETE FROM TagCache WHERE SOPInstanceUID = OLD.SOPInstanceUID AND Tag = OLD.Tag;
  INSERT INTO TagCache VALUES (NEW.SOPInstanceUID, NEW.Tag, NEW.Value);
END;
