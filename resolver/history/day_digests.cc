// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/day_digests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <tuple>

#include "resolver/base/check.h"
#include "resolver/base/digest.h"

namespace cenote::history {
namespace {

constexpr std::string_view kFirstLine = "cenote history";

std::int64_t number_of(WallTime time) { return time.time_since_epoch().count(); }

void add_number(std::string& line, std::uint64_t number) {
    line += ' ';
    const fmt::format_int text(number);
    line.append(text.data(), text.size());
}

void add_text(std::string& line, std::string_view text) {
    add_number(line, text.size());
    line += ':';
    line += text;
}

std::string first_line(std::string_view part, WallTime day, std::string_view node) {
    std::string line = fmt::format("{} {} {}", kFirstLine, part, number_of(day));
    add_text(line, node);
    return line + '\n';
}

std::string digest_of(std::string_view text) { return to_hex(sha256(bytes_of(text))); }

/// One digest of the digests of the kinds of rows that stay for ever beside the sketches.
std::string counts_of(std::string_view days, std::string_view signals, std::string_view gaps) {
    return digest_of(fmt::format("{} counts\n{}\n{}\n{}\n", kFirstLine, days, signals, gaps));
}

}  // namespace

std::string DayDigest::kept() const {
    return digest_of(fmt::format("{} kept\n{}\n{}\n", kFirstLine, counts, sketches));
}

DayDigest digest_of_no_rows(WallTime day, std::string node) {
    const auto none = [&](std::string_view part) { return digest_of(first_line(part, day, node)); };
    return {.day = day,
            .node = node,
            .counts = counts_of(none("days"), none("signals"), none("gaps")),
            .sketches = none("sketches"),
            .hours = none("hours")};
}

/// One kind of rows: what comes in the order of times is sorted within each time, and digested by day and node.
class DayDigests::Part {
public:
    explicit Part(std::string name) : name_(std::move(name)) {}

    void add(WallTime at, std::string_view node, std::string_view line) {
        if (at != at_) {
            CENOTE_CHECK(at > at_);
            end_time();
            if (const WallTime day = start_of(Span::Day, at); day != day_) {
                end_day();
                day_ = day;
            }
            at_ = at;
        }
        Node& of = node_of(node);
        of.lines.emplace_back(of.text.size(), line.size());
        of.text += line;
    }

    [[nodiscard]] Digests finish() {
        end_time();
        end_day();
        return std::move(digests_);
    }

private:
    struct Node {
        std::string text;                                          // of the lines of one time
        std::vector<std::pair<std::size_t, std::size_t>> lines{};  // where they are in it, and how long
        std::unique_ptr<Sha256> digest{};                          // null: no rows on this day
    };

    Node& node_of(std::string_view name) {
        if (last_ != nullptr && last_->first == name) return last_->second;
        auto found = nodes_.find(name);
        if (found == nodes_.end()) found = nodes_.try_emplace(std::string(name)).first;
        last_ = &*found;
        return last_->second;
    }

    void end_time() {
        for (auto& [name, node] : nodes_) {
            if (node.lines.empty()) continue;
            if (!node.digest) {
                node.digest = std::make_unique<Sha256>();
                node.digest->update(bytes_of(first_line(name_, day_, name)));
            }
            const std::string_view text = node.text;
            std::ranges::sort(node.lines, {},
                              [text](const auto& line) { return text.substr(line.first, line.second); });
            sorted_.clear();
            for (const auto& [begin, size] : node.lines) sorted_ += text.substr(begin, size);
            node.digest->update(bytes_of(sorted_));
            node.text.clear();
            node.lines.clear();
        }
    }

    void end_day() {
        for (auto& [name, node] : nodes_)
            if (node.digest) digests_[{day_, name}] = to_hex(node.digest->finish());
        nodes_.clear();
        last_ = nullptr;
    }

    std::string name_;
    WallTime at_ = WallTime::min();
    WallTime day_ = WallTime::min();
    std::map<std::string, Node, std::less<>> nodes_;
    std::pair<const std::string, Node>* last_ = nullptr;  // the one that was added to
    std::string sorted_;
    Digests digests_;
};

DayDigests::DayDigests(WallTime from, WallTime to)
    : from_(from),
      to_(to),
      days_(std::make_unique<Part>("days")),
      hours_(std::make_unique<Part>("hours")),
      sketches_(std::make_unique<Part>("sketches")),
      signals_(std::make_unique<Part>("signals")) {}
DayDigests::~DayDigests() = default;

void DayDigests::add(Span span, const Row& row) {
    const Series& of = row.series;
    add(span,
        RowView{row.at, row.node, of.verdict, of.role, of.transport, of.service, of.directive, of.group, row.count});
}

void DayDigests::add(Span span, const RowView& row) {
    if (span == Span::Minute || !is_within(row.at)) return;
    line_.clear();
    const fmt::format_int at(number_of(row.at));
    line_.append(at.data(), at.size());
    add_text(line_, telemetry::verdict_to_text(row.verdict));
    add_number(line_, row.role);
    add_text(line_, telemetry::transport_to_text(row.transport));
    add_text(line_, row.service);
    add_text(line_, row.directive);
    add_text(line_, row.group);
    add_number(line_, row.count);
    line_ += '\n';
    (span == Span::Day ? days_ : hours_)->add(row.at, row.node, line_);
}

void DayDigests::add(const SketchRow& row) {
    if (!is_within(row.day)) return;
    line_.clear();
    line_ += std::to_string(number_of(row.day));
    add_text(line_, row.key.service);
    add_text(line_, row.key.directive);
    add_text(line_, row.key.group);
    add_number(line_, row.seed_id);
    for (const Sketch* sketch : {&row.sketches.clients, &row.sketches.episodes})
        line_ += ' ' + to_hex(sha256(sketch->bytes()));
    line_ += '\n';
    sketches_->add(row.day, row.node, line_);
}

void DayDigests::add(const SignalRow& row) {
    if (!is_within(row.day)) return;
    line_.clear();
    line_ += std::to_string(number_of(row.day));
    add_text(line_, telemetry::signal_to_text(row.key.signal));
    add_text(line_, row.key.group);
    add_number(line_, row.count);
    line_ += '\n';
    signals_->add(row.day, row.node, line_);
}

void DayDigests::add(const Gap& gap) {
    const WallTime to = std::min(gap.to, to_);
    for (WallTime from = std::max(gap.from, from_); from < to;) {
        const WallTime day = start_of(Span::Day, from);
        const WallTime until = std::min(to, day + length_of(Span::Day));
        gaps_[day].push_back({gap.node, from, until, gap.why});
        from = until;
    }
}

std::vector<DayDigest> DayDigests::finish() {
    Part gaps("gaps");
    for (const auto& [day, cut] : gaps_)
        for (const Gap& gap : cut) {
            line_ = fmt::format("{} {}", number_of(gap.from), number_of(gap.to));
            add_text(line_, gap.why);
            line_ += '\n';
            gaps.add(day, gap.node, line_);
        }
    const std::array<Digests, 5> parts{days_->finish(), signals_->finish(), gaps.finish(), sketches_->finish(),
                                       hours_->finish()};
    std::map<std::pair<WallTime, std::string>, bool> all;
    for (const Digests& part : parts)
        for (const auto& [of, digest] : part) all[of] = true;
    std::vector<DayDigest> finished;
    for (const auto& each : all) {
        const auto& of = each.first;
        const auto& [day, node] = of;
        const auto in = [&of](const Digests& part, std::string_view name) {
            const auto found = part.find(of);
            return found == part.end() ? digest_of(first_line(name, of.first, of.second)) : found->second;
        };
        finished.push_back({.day = day,
                            .node = node,
                            .counts = counts_of(in(parts[0], "days"), in(parts[1], "signals"), in(parts[2], "gaps")),
                            .sketches = in(parts[3], "sketches"),
                            .hours = in(parts[4], "hours"),
                            .has_counts = parts[0].contains(of) || parts[1].contains(of),
                            .has_sketches = parts[3].contains(of),
                            .has_hours = parts[4].contains(of)});
    }
    return finished;
}

Result<std::vector<DayDigest>> day_digests(Store& store, WallTime from, WallTime to) {
    DayDigests digests(from, to);
    for (const Span span : {Span::Day, Span::Hour})
        if (auto read = store.read(span, from, to, [&](const Row& row) { digests.add(span, row); }); !read)
            return std::move(read).error();
    auto sketches = store.read_sketches(from, to, [&](const SketchRow& row) { digests.add(row); });
    if (!sketches) return std::move(sketches).error();
    auto signals = store.read_signals(from, to, [&](const SignalRow& row) { digests.add(row); });
    if (!signals) return std::move(signals).error();
    auto gaps = store.gaps(from, to);
    if (!gaps) return std::move(gaps).error();
    for (const Gap& gap : *gaps) digests.add(gap);
    return digests.finish();
}

}  // namespace cenote::history
