"""How Sphinx builds these pages: `nox -s docs`, or `python -m sphinx -W --keep-going docs docs/_build/html`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

_DOCS = Path(__file__).parent
# The checkout itself is documented, whether or not it is installed; notebooks run in processes of their own.
sys.path[:0] = [str(_DOCS / "_ext"), str(_DOCS.parent)]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_DOCS.parent), os.environ.get("PYTHONPATH")]))
os.environ["SCIPY_ARRAY_API"] = "1"  # read when SciPy is imported

import arrayad  # noqa: E402  (from the path above)

project = "arrayad"
author = "The arrayad developers"
copyright = f"{datetime.now(UTC).year}, the arrayad developers"
version = release = arrayad.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_design",
    "reference",  # in _ext: the pages of the reference, from the declared operations
]
exclude_patterns = ["_build", "_ext", "conformance-*.md", "dataloader-*.md", "performance-*.md"]  # parts of other pages

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"  # a cache would know the cells but not the library
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

autodoc_typehints = "none"  # the types are in the docstrings, in words
autodoc_preserve_defaults = True
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
default_role = "code"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90
add_function_parentheses = False

html_theme = "pydata_sphinx_theme"
html_title = "arrayad"
html_static_path = ["_static"]
html_css_files = ["arrayad.css"]
html_favicon = "_static/logo.svg"
html_show_sourcelink = False
html_copy_source = False
html_domain_indices = False
html_theme_options = {
    "logo": {"text": "arrayad", "image_light": "_static/logo.svg", "image_dark": "_static/logo.svg"},
    "header_links_before_dropdown": 6,
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": [], "how-it-works": []},
    "show_prev_next": True,
    "show_toc_level": 1,
    "navigation_with_keys": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": []}
