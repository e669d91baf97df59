"""Files checked before they are sent: the whole road without the warehouse, and its report."""
