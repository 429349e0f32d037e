"""The layering check finds what it is for: each rule is broken once in a small made-up project."""

import pathlib

import check_layering
import pytest

CMAKE = "set(VESTNIK_MODULES base log net users)\n"
FILES = {
    "CMakeLists.txt": CMAKE,
    "src/base/CMakeLists.txt": "vestnik_module(base SOURCES ids.cc)\n",
    "src/base/ids.cc": '#include "base/ids.h"\n',
    "src/base/ids.h": "#include <string>\n",
    "src/log/CMakeLists.txt": "vestnik_module(log SOURCES log.cc DEPENDS base)  # the seam\n",
    "src/log/log.cc": '#include "base/ids.h"\n#include "log/log.h"\n',
    "src/log/log.h": "",
    "src/log/kafka/CMakeLists.txt": "vestnik_module(log/kafka\n  SOURCES kafka.cc\n  DEPENDS log)\n",
    "src/log/kafka/kafka.cc": '#include <librdkafka/rdkafka.h>\n\n#include "log/log.h"\n',
    "src/log/sqlite/CMakeLists.txt": "vestnik_module(log/sqlite SOURCES s.cc DEPENDS log)\n",
    "src/log/sqlite/s.cc": "",
    "src/net/CMakeLists.txt": "vestnik_module(net SOURCES net.cc DEPENDS base)\n"
    "vestnik_test(net SOURCES net_test.cc DEPENDS log)\n",
    "src/net/net.cc": "#include <boost/asio.hpp>\n#include <boost/beast/http.hpp>\n",
    "src/net/net_test.cc": '#include "log/log.h"\n',
}


@pytest.fixture
def violations(tmp_path: pathlib.Path):
    def check(changes: dict[str, str]) -> list[str]:
        for name, text in (FILES | changes).items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return check_layering.check(tmp_path)

    return check


def test_a_clean_project_has_no_violation(violations):
    assert violations({}) == []


@pytest.mark.parametrize(
    "file, text, expected",
    [
        ("src/base/ids.cc", '#include "log/log.h"\n', 'src/base/ids.cc:1: "log/log.h": base does not declare'),
        ("src/log/kafka/kafka.cc", '\n#include "base/ids.h"\n', "src/log/kafka/kafka.cc:2:"),
        ("src/net/net.cc", '#include "log/log.h"\n', "net does not declare that it depends on log"),
        ("src/base/CMakeLists.txt", "vestnik_module(base SOURCES ids.cc DEPENDS net)\n", "base may not depend on net"),
        ("src/log/CMakeLists.txt", "vestnik_module(log SOURCES log.cc DEPENDS base log/kafka)\n", "log may not depend on log/kafka"),
        (
            "src/log/sqlite/CMakeLists.txt",
            "vestnik_module(log/sqlite SOURCES s.cc DEPENDS log log/kafka)\n",
            "log/sqlite may not depend on log/kafka",
        ),
        ("src/base/CMakeLists.txt", "vestnik_module(base SOURCES ids.cc DEPENDS nowhere)\n", "nowhere, which is no module"),
        ("src/base/ids.h", "#include <boost/asio.hpp>\n", "src/base/ids.h:1: <boost/asio.hpp> belongs to net"),
        ("src/base/ids.h", "#include <boost/beast/core.hpp>\n", "belongs to net, not to base"),
        ("src/log/sqlite/s.cc", "#include <librdkafka/rdkafka.h>\n", "belongs to log/kafka, not to log/sqlite"),
        ("src/log/sqlite/s.cc", "# include <sqlite3.h>\n", "<sqlite3.h> belongs to sqlite, not to log/sqlite"),
        ("src/net/net.cc", "#include <postgresql/libpq-fe.h>\n", "belongs to store/postgres"),
        ("src/net/net.cc", "#include <libpq-fe.h>\n", "belongs to store/postgres"),
        ("src/net/net.cc", "#include <gmime/gmime.h>\n", "belongs to email"),
        ("src/net/net.cc", "#include <phonenumbers/phonenumberutil.h>\n", "belongs to users"),
        ("src/net/net.cc", '#include "elsewhere.h"\n', '"elsewhere.h" belongs to no module'),
        ("src/net/net.cc", "//\n" * 501, "src/net/net.cc:501: 501 lines"),
        ("src/net/forgotten.cc", "", "src/net/forgotten.cc:1: no target"),
        ("src/stray/file.h", "", "src/stray/file.h:1: belongs to no module"),
        ("src/extra/CMakeLists.txt", "vestnik_module(extra SOURCES)\n", "extra is not in VESTNIK_MODULES"),
    ],
)
def test_each_rule_is_enforced(violations, file, text, expected):
    found = violations({file: text})
    assert any(expected in violation for violation in found), found


def test_the_dependencies_of_a_test_are_for_tests_only(violations):
    assert violations({"src/net/net_test.cc": '#include "log/log.h"\n'}) == []
    assert violations({"src/net/net.cc": '#include "log/log.h"\n'}) != []


def test_parts_of_a_module_may_use_each_other_in_one_direction(violations):
    parts = {
        "src/net/CMakeLists.txt": "vestnik_module(net SOURCES net.cc DEPENDS base net/http)\n"
        "vestnik_test(net SOURCES net_test.cc DEPENDS log)\n",
        "src/net/http/CMakeLists.txt": "vestnik_module(net/http SOURCES h.cc DEPENDS base)\n",
        "src/net/http/h.cc": "",
    }
    assert violations(parts) == []
    parts["src/net/http/CMakeLists.txt"] = "vestnik_module(net/http SOURCES h.cc DEPENDS base net)\n"
    assert any("net depends on net/http depends on net" in violation for violation in violations(parts))


def test_500_lines_are_allowed(violations):
    assert violations({"src/net/net.cc": "//\n" * 500}) == []
