"""Files of health records, read line by line."""
