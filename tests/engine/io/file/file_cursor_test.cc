#include "engine/io/file/file_cursor.h"

#include <catch2/catch.hpp>

using namespace bongsu;

TEST_CASE("cursors are written and read") {
  const FileCursor cursor{"/in/\"날\".jsonl", 3, 9'000'000'000};
  CHECK(EncodeFileCursor({"a", 1, 2}) == R"({"path":"a","partition":1,"next":2})");
  CHECK(*ParseFileCursor(EncodeFileCursor(cursor)) == cursor);
  CHECK(FileCursorKey("db", "/in/a") == "db//in/a");
}

TEST_CASE("a damaged cursor is refused") {
  for (const char* json :
       {"", "{}", "[]", R"({"path":"a","partition":1})", R"({"path":"a","partition":-1,"next":2})",
        R"({"path":"a","partition":1,"next":-2})", R"({"path":"a","partition":1.5,"next":2})",
        R"({"path":5,"partition":1,"next":2})",
        R"({"path":"a","partition":3000000000,"next":2})"}) {
    INFO(json);
    CHECK(ParseFileCursor(json).status().code() == Code::kCorrupt);
  }
}
