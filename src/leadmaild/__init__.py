"""leadmaild: takes car dealers' enquiry mail in, makes leads of it, answers at once and watches the clock."""

__version__ = "0.1.0"
