"""One small MMKP problem in each of the four layouts, and a GAP problem, written for the tests."""

from __future__ import annotations

KHAN = """
 2  3 2
 10  12
 1
 5.00  1  2
 7.50  4  3
 9.00  6  8
 2
 1.00  0  1
 2.00  3  0
 8.00  7  5
 Solutions by  HEU
 0  1  7.00
 Upper bound
 15.5
"""
DASHED = "2-3-2\n10-12\n5.00-1-2\n7.50-4-3\n9.00-6-8\n1.00-0-1\n2.00-3-0\n8.00-7-5\n"
COUNTED = "2 2\n10 12\n3\n5 1 2\n7.5 4 3\n9 6 8\n3\n1 0 1\n2 3 0\n8 7 5\n"
NUMBERED = (
    "1\t2\t3\t2\t\t\r\n\t10\t12\r\n1\r\n5\t1\t2\r\n7.5\t4\t3\r\n9\t6\t8\r\n2\t\r\n1\t0\t1\r\n2\t3\t0\r\n8\t7\t5\r\n"
)
SECOND = "2 1 2 1\n 4\n1\n3 4\n1 0\n"
LAYOUTS = {"khan": KHAN, "dashed": DASHED, "counted": COUNTED, "numbered": NUMBERED}
OPTIMUM = 130  # tenths: 5 and 8

GAP = " 2 3\n 4 6 5\n 3 8 2\n 2 2 3\n 1 4 2\n 4 5\n"
"""Agents 0 and 1; cheapest are jobs 0 and 2 at agent 1 and job 1 at agent 0: 3 + 2 + 6."""
