"""Who really sent a mail, judged from what was asked of DNS or what our own server says (AR-14). Pure."""
