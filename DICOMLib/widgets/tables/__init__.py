"""The tables of patients, studies and series: models, columns, selection, search."""
