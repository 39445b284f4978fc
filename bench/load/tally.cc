// SPDX-License-Identifier: Apache-2.0
#include "bench/load/tally.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/wire/answer.h"

namespace cenote::blast {
namespace {

bool is_right(const Query& query, ByteView reply) {
    if ((reply[2] & 0x80) == 0) return false;
    if (!query.checked) return true;
    bool found = false;
    if ((reply[3] & 0x0f) == 0)
        wire::for_each_answer(reply, [&](wire::RrType type, ByteView rdata) noexcept {
            if (type == wire::RrType::A) found = std::ranges::equal(rdata, query.expected);
        });
    return found;
}

}  // namespace

void Tally::take(const Query& query, ByteView reply, Ticks::duration latency) {
    ++answered;
    ++rcodes[reply[3] & 0x0f];
    if (latencies_us.size() < latencies_us.capacity())
        latencies_us.push_back(
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(latency).count()));
    if (is_right(query, reply) || ++wrong != 1) return;
    first_wrong = fmt::format("query at {} rcode {} answers {}", query.offset, reply[3] & 0x0f, load_u16(&reply[6]));
}

void Tally::take_refusal(std::string_view what) {
    ++answered;
    if (++wrong == 1) first_wrong = what;
}

void Tally::begin() {
    sent = answered = wrong = not_sent = connections = resumed = 0;
    rcodes = {};
    latencies_us.clear();
}

std::string Tally::to_json(double took_s) {
    std::ranges::sort(latencies_us);
    const auto percentile = [&](double share) {
        if (latencies_us.empty()) return std::uint32_t{0};
        return latencies_us[static_cast<std::size_t>(share * static_cast<double>(latencies_us.size() - 1))];
    };
    return fmt::format(
        "{{\"sent\":{},\"answered\":{},\"wrong\":{},\"lost\":{},\"not_sent\":{},\"per_second\":{:.0f},"
        "\"noerror\":{},\"servfail\":{},\"nxdomain\":{},\"refused\":{},"
        "\"p50_us\":{},\"p99_us\":{},\"p999_us\":{},\"max_us\":{},\"connections\":{},\"resumed\":{},"
        "\"first_wrong\":\"{}\"}}",
        sent, answered, wrong, sent - answered, not_sent, static_cast<double>(answered) / took_s, rcodes[0], rcodes[2],
        rcodes[3], rcodes[5], percentile(0.5), percentile(0.99), percentile(0.999), percentile(1), connections, resumed,
        first_wrong);
}

}  // namespace cenote::blast
