"""Diagnosis of closed loops: their errors by step ahead, what is wrong with them, and the remedy."""
