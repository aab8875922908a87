"""A deterministic simulator: the real core and the real protocols in a world made of memory.

A history is a seed. ``scenario`` draws from it what people do and how the world behaves,
``scheduler`` interleaves the workers at every call of a port and breaks some of them,
``buckets``, ``ledger``, ``queues`` and ``machine`` are S3, DynamoDB, SQS and Step Functions
as far as their semantics matter, ``promises`` watches every write, ``truth`` says what must
be the case once all is quiet, and ``failure`` shortens a history that broke a promise.
"""
