"""Who can sign in to the demo city."""

PASSWORD = "harbor-point-demo"
# E-mail, password, and who it is. Known to everybody: for the demo city only.
DEMO_SIGN_INS = [
    ("admin@harborpoint.example", PASSWORD, "administrator"),
    ("supervisor@harborpoint.example", PASSWORD, "supervisor, Public Works"),
    ("clerk@harborpoint.example", PASSWORD, "clerk, Resident Services"),
    ("inspector@harborpoint.example", PASSWORD, "inspector, Public Works"),
    ("liaison@harborpoint.example", PASSWORD, "neighborhood liaison, Old Harbor"),
    ("board@harborpoint.example", PASSWORD, "board member, Community Board 1"),
]
