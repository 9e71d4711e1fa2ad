"""Products from and to CSV files: formats, drafts of products, the job that saves them."""
