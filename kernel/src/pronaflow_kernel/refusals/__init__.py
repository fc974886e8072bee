"""Mail addresses that the mail server refuses for good."""
