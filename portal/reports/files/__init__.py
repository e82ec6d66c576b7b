"""A report as files: CSV, a workbook, and the page that is printed. Equal reports, equal bytes."""
