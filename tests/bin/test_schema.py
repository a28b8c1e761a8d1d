from launcher.schema import file_heads


def write(folder, name, revision, built_on):
    text = f'revision: str = "{revision}"\ndown_revision: str | None = {built_on!r}\n'
    (folder / name).write_text(f'"""A migration."""\n{text}')


def test_the_head_is_what_nothing_builds_on(tmp_path):
    write(tmp_path, "1.py", "a1", None)
    write(tmp_path, "2.py", "b2", "a1")
    assert file_heads(tmp_path) == {"b2"}


def test_two_branches_have_two_heads_until_they_are_merged(tmp_path):
    write(tmp_path, "1.py", "a1", None)
    write(tmp_path, "2.py", "b2", "a1")
    write(tmp_path, "3.py", "c3", "a1")
    assert file_heads(tmp_path) == {"b2", "c3"}
    write(tmp_path, "4.py", "d4", ("b2", "c3"))
    assert file_heads(tmp_path) == {"d4"}
