#include "net/event_stream.h"

#include <gtest/gtest.h>
#include <vector>

namespace vestnik::net {
namespace {

std::vector<ServerEvent> read(std::string_view text) {
  EventReader reader;
  std::vector<ServerEvent> events;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (auto event = reader.feed(line)) events.push_back(std::move(*event));
  }
  return events;
}

TEST(EventStream, WhatIsWrittenIsRead) {
  std::string text;
  append_event(text, "step", "7", R"({"a":1})");
  append_comment(text, "still here");
  append_event(text, "stats", "", "one\ntwo\n");
  EXPECT_EQ(text,
            "event: step\nid: 7\ndata: {\"a\":1}\n\n: still here\n\n"
            "event: stats\ndata: one\ndata: two\ndata: \n\n");
  const auto events = read(text);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event, "step");
  EXPECT_EQ(events[0].id, "7");
  EXPECT_EQ(events[0].data, R"({"a":1})");
  EXPECT_EQ(events[1].event, "stats");
  EXPECT_EQ(events[1].id, "");
  EXPECT_EQ(events[1].data, "one\ntwo\n");
}

TEST(EventStream, WhatOthersWriteIsReadToo) {
  const auto events = read(
      "retry: 10\ndata:no space\n\nevent: alone\n\n\ndata\n\nunknown: x\ndata: last, without its empty line");
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].event, "message");
  EXPECT_EQ(events[0].data, "no space");
  EXPECT_EQ(events[1].data, "");
}

}  // namespace
}  // namespace vestnik::net
