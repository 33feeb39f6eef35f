"""What do the pages show? View models, pure: from graphs, fields and reports to what a template says.

`values` words one term, `facts` a record, `record` its head, row and distributions, `pages` are the templates'
contexts, `build` makes them; `report` does both for reports. `roles` is the only module that names properties.
"""

from catalogue.web.views.build import (
    alternates,
    catalog_page,
    dataset_page,
    error_page,
    make_pager,
    result_table,
    validate_page,
)
from catalogue.web.views.facts import Nested, Reader, facts
from catalogue.web.views.pages import (
    Alternate,
    CatalogPage,
    DatasetPage,
    ErrorPage,
    Example,
    HomePage,
    Interface,
    ListPage,
    Pager,
    Problem,
    ResultTable,
    SparqlPage,
    ValidatePage,
    WithdrawnPage,
)
from catalogue.web.views.record import (
    AccessBox,
    Badge,
    DistributionRow,
    Figure,
    RecordSummary,
    access_box,
    badge,
    badges,
    distributions,
    summary,
)
from catalogue.web.views.report import ReportPage, Survey, finding_groups, report_page, survey
from catalogue.web.views.roles import ACCESS, ROLES
from catalogue.web.views.statements import Fact, FactGroup
from catalogue.web.views.values import Labels, Value

__all__ = [
    "ACCESS",
    "ROLES",
    "AccessBox",
    "Alternate",
    "Badge",
    "CatalogPage",
    "DatasetPage",
    "DistributionRow",
    "ErrorPage",
    "Example",
    "Fact",
    "FactGroup",
    "Figure",
    "HomePage",
    "Interface",
    "Labels",
    "ListPage",
    "Nested",
    "Pager",
    "Problem",
    "Reader",
    "RecordSummary",
    "ReportPage",
    "ResultTable",
    "SparqlPage",
    "Survey",
    "ValidatePage",
    "Value",
    "WithdrawnPage",
    "access_box",
    "alternates",
    "badge",
    "badges",
    "catalog_page",
    "dataset_page",
    "distributions",
    "error_page",
    "facts",
    "finding_groups",
    "make_pager",
    "report_page",
    "result_table",
    "summary",
    "survey",
    "validate_page",
]
