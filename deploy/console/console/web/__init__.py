"""The console's page, its metrics and its health, for operators only: never behind the patients' gateway."""
