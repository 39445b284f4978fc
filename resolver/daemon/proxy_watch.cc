// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/proxy_watch.h"

#include <fmt/format.h>

#include <utility>

#include "resolver/base/log.h"

namespace cenote::daemon {
namespace {

using telemetry::Counter;

constexpr seconds kOverAfter{300};

struct Reason {
    Counter counter;
    const char* text;
};
constexpr std::array<Reason, 4> kTexts{{{Counter::ProxyMissing, "without one"},
                                        {Counter::ProxyVersion1, "of version 1, where 2 is read"},
                                        {Counter::ProxyMalformed, "malformed, too long or without an IP address"},
                                        {Counter::ProxySlow, "not in time"}}};

}  // namespace

void ProxyWatch::look(const telemetry::Hub& hub, Ticks now) {
    Counts counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = hub.counted(kTexts[i].counter);
    if (counts != now_) {
        if (!lasts_) before_ = now_;
        now_ = counts;
        last_ = now;
        if (!std::exchange(lasts_, true)) log::warning("{}", refused());
    } else if (lasts_ && now - last_ > kOverAfter) {
        lasts_ = false;
        log::notice("no proxy has been refused for its PROXY header for five minutes");
    }
}

std::string ProxyWatch::refused() const {
    if (!lasts_) return {};
    std::string text;
    for (std::size_t i = 0; i < now_.size(); ++i)
        if (const std::uint64_t count = now_[i] - before_[i]; count != 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : "; ", count, kTexts[i].text);
    return fmt::format("proxies are refused for the PROXY headers of their datagrams and connections: {}", text);
}

}  // namespace cenote::daemon
