"""Files in: one mechanism for CSV and XLSX that knows no shop; apps register what they take (kinds.py)."""
