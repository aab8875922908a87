"""The ports on AWS, through boto3."""
