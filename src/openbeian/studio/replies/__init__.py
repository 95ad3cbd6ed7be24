"""Replies of a customer service (M1): BM25, a likelihood head over filed replies, and a discriminator as gate."""
