// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/logged_lines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <deque>
#include <iterator>

#include "resolver/base/digest.h"
#include "resolver/sinks/log_line.h"
#include "resolver/sinks/log_reader.h"

namespace cenote::sinks {
namespace {

constexpr std::uint64_t kDamagesTold = 5;  // of one file
constexpr std::size_t kDigits = 16;        // of a place's digest

/// `on_line` gives false where no more lines are wanted, and `on_found` gets those that the question takes.
void search_file(const OpenLogFile& file, const LogQuestion& question, const OnDamage& on_damage,
                 const std::function<bool(std::string_view, const LoggedHit&)>& on_line,
                 const std::function<void(FoundLine)>& on_found) {
    std::uint64_t of_cef = 0;
    each_logged_line(file, on_damage, [&](std::string_view line, const LoggedHit& hit) {
        if (!on_line(line, hit)) return false;
        if (!question.span.has(std::chrono::floor<seconds>(hit.at))) return true;
        if (hit.format == LogFormat::Cef)
            ++of_cef;
        else if (question.takes(hit))
            on_found({std::string(line), hit});
        return true;
    });
    if (of_cef != 0)
        on_damage(fmt::format("{}: {} lines are in the format cef, which is not searched; --export has them", file.path,
                              of_cef));
}

struct Newest {
    std::deque<FoundLine> lines;     // the oldest first
    bool reached = false;            // the place before which they stand
    std::optional<LogPlace> unread;  // lines before it were not read
};

/// From the newest file to the oldest that is needed. `place`: before which line; null: any, or by the time of one.
Newest read_newest(const std::vector<OpenLogFile>& files, const LogQuestion& question, const OnDamage& on_damage,
                   const LogPlace* place) {
    Newest newest;
    newest.reached = place == nullptr;
    std::uint64_t lines = 0;
    for (auto file = files.rbegin(); file != files.rend(); ++file) {
        std::deque<FoundLine> of_file;
        std::optional<LogPlace> first;
        bool here = false;
        search_file(
            *file, question, on_damage,
            [&](std::string_view line, const LoggedHit& hit) {
                here = !newest.reached && hit.at == place->at && place_of(line, hit) == *place;
                if (here) return false;
                ++lines;  // without the place, so that a search that goes on gets further
                if (!first) first = place_of(line, hit);
                return true;
            },
            [&](FoundLine found) {
                if (place == nullptr && question.before && found.hit.at >= question.before->at) return;
                if (of_file.size() == question.limit - newest.lines.size()) of_file.pop_front();
                of_file.push_back(std::move(found));
            });
        newest.reached = newest.reached || here;
        if (!newest.reached) {
            lines = 0;
            continue;
        }
        newest.lines.insert(newest.lines.begin(), std::make_move_iterator(of_file.begin()),
                            std::make_move_iterator(of_file.end()));
        if (newest.lines.size() >= question.limit) break;
        if (question.lines_max == 0 || lines < question.lines_max || std::next(file) == files.rend()) continue;
        newest.unread = first;
        break;
    }
    return newest;
}

Newest find_newest(const std::vector<OpenLogFile>& files, const LogQuestion& question, const OnDamage& on_damage) {
    if (!question.before) return read_newest(files, question, on_damage, nullptr);
    std::vector<std::string> damages;
    const OnDamage keep = [&damages](const std::string& what) { damages.push_back(what); };
    Newest newest = read_newest(files, question, keep, &*question.before);
    if (!newest.reached) return read_newest(files, question, on_damage, nullptr);
    for (const std::string& each : damages) on_damage(each);
    return newest;
}

}  // namespace

LogPlace place_of(std::string_view line, const LoggedHit& hit) {
    return {hit.at, to_hex(sha256(bytes_of(line))).substr(0, kDigits)};
}

std::string place_to_text(const LogPlace& place) { return fmt::format("{}-{}", format_micros(place.at), place.digest); }

std::optional<LogPlace> parse_place(std::string_view text) {
    const auto dash = text.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto at = parse_micros(text.substr(0, dash));
    const std::string_view digest = text.substr(dash + 1);
    if (!at || digest.size() != kDigits || digest.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return std::nullopt;
    return LogPlace{*at, std::string(digest)};
}

bool LogQuestion::takes(const LoggedHit& hit) const {
    if (!filter.takes(hit, hit.verdict) || (!client.empty() && client != hit.client)) return false;
    if (!name) return true;
    const auto its_name = wire::Name::parse(hit.name);
    return its_name && its_name->is_below_or_equal(*name);
}

void each_logged_line(const OpenLogFile& file, const OnDamage& on_damage,
                      const std::function<bool(std::string_view, const LoggedHit&)>& on_line) {
    ::lseek(file.fd->get(), 0, SEEK_SET);  // a file may be read more than once
    LogReader reader(file.fd->get());
    std::uint64_t damages = 0;
    const auto tell = [&](const std::string& what) {
        if (++damages <= kDamagesTold) on_damage(fmt::format("{}:{}: {}", file.path, reader.number(), what));
    };
    while (true) {
        const auto line = reader.next();
        if (!line) {
            on_damage(fmt::format("{} {}; behind line {} nothing can be read", file.path, line.error().text,
                                  reader.number()));
            break;
        }
        if (!*line) break;
        if (reader.is_unfinished() && file.open) break;  // cenoted is writing it
        const auto hit = read_log_line(**line);
        if (reader.is_unfinished())
            tell("the line was cut; it is left out");
        else if (!hit)
            tell("this is no line of a log; it is left out");
        else if (!on_line(**line, *hit))
            break;
    }
    if (damages > kDamagesTold)
        on_damage(fmt::format("{}: {} lines more like these", file.path, damages - kDamagesTold));
}

std::optional<LogPlace> find_lines(const std::vector<OpenLogFile>& files, const LogQuestion& question,
                                   const std::function<void(const FoundLine&)>& on_found, const OnDamage& on_damage) {
    if (question.limit == 0) {
        for (const OpenLogFile& file : files)
            search_file(
                file, question, on_damage, [](std::string_view, const LoggedHit&) { return true; }, on_found);
        return std::nullopt;
    }
    const Newest newest = find_newest(files, question, on_damage);
    for (const FoundLine& found : newest.lines) on_found(found);
    return newest.unread;
}

}  // namespace cenote::sinks
