"""A small loan-health scorer: the worked example of docs/add-a-model.md."""
