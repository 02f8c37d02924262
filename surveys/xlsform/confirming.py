"""A second opinion on a workbook: whether pyxform, the reference reader of XLSForm, takes it."""

from surveys.xlsform.sheets import RowProblem


def confirm(data: bytes) -> tuple[RowProblem, ...]:
    """What pyxform has against the workbook, in its own words. Without the package nothing is said."""
    try:
        from pyxform.xls2xform import convert
    except ImportError:
        return ()
    try:
        # Its own checks only: ODK Validate would start a Java program.
        convert(data, validate=False)
    except Exception as error:
        # It reads a stranger's file; whatever it raises says that the file is not good.
        return (RowProblem("", 0, f"XLSForm 检查（pyxform）没有通过：{str(error)[:300]}"),)
    return ()
