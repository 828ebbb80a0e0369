"""Reads a page of a report as a browser does, and checks that it loads and runs nothing."""

import re
from html.parser import HTMLParser

VOID = {"meta", "img", "br"}
LOADING = {"src", "href", "action", "srcset", "data"}


class PageReader(HTMLParser):
    """Checks that elements are closed in order, and collects texts, tags and what would be loaded."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.loaded, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        assert "script" not in self.tags
        assert all(loaded.startswith("data:image/webp;base64,") for loaded in self.loaded)
        assert not re.search(r"https?:|@import|url\(", text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loaded += [value for name, value in attrs if name.split(":")[-1] in LOADING]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
