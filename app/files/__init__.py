"""Files of records: JSON, JSON Lines, CSV and Parquet, read row by row in bounded memory, each row with its place."""
