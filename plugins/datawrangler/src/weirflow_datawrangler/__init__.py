"""SageMaker Data Wrangler flows: its files read, and its operators where they are not ours."""
