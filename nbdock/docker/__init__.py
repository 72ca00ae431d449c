"""docker's dress, which could be taken off: templates, headings, inspect documents, filters, unsupported commands."""
