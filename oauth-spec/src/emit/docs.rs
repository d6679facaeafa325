//! Markdown: one page for each provider, and an index.
