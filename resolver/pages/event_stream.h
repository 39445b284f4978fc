// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as the live page reads them.
// Private to pages.
//
// Threads: pure.   Memory: the text.   Failure: none.
#pragma once

#include <string>
#include <string_view>

namespace cenote::pages {

/// One event: each line of the data is a line of its own, whatever ends it. An empty name is that of a message.
[[nodiscard]] std::string event_text(std::string_view name, std::string_view data);
/// A comment, which readers leave out: it shows that the connection is there.
[[nodiscard]] std::string_view event_comment() noexcept;
/// The events of a text of `tail`: a message for each line, and "dropped" where lines are missing.
[[nodiscard]] std::string events_of(std::string_view lines);

}  // namespace cenote::pages
