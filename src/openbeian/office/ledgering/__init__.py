"""The ledger: every act appends one leaf in its own transaction; heads are signed and public."""
