"""Run time: plans under contention, and requests that flow through their queues."""
