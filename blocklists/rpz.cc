// SPDX-License-Identifier: Apache-2.0
//
// Dialect `rpz`: a response policy zone as a master file (RFC 1035 §5; the encoding of RPZ is
// draft-vixie-dnsop-dns-rpz).
//
// Owner names are triggers below the zone's apex; without a zone (no SOA, no $ORIGIN) they are triggers unchanged. The
// answers in the zone are not kept: the directive that targets the list determines how its names are answered.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "blocklists/dialect.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"
#include "blocklists/rpz_trigger.h"
#include "resolver/base/letter_case.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kRecordWordsMax = 64;

bool is_ttl(std::string_view word) {
    return !word.empty() && word.front() >= '0' && word.front() <= '9' &&
           word.find_first_not_of("0123456789smhdwSMHDW") == std::string_view::npos;
}

bool is_class(std::string_view word) {
    return equal_folded(word, "IN") || equal_folded(word, "CH") || equal_folded(word, "HS");
}

/// Splits records into words; a record in parentheses spans several lines.
class RecordReader {
public:
    struct Record {
        std::string_view owner;  // empty: the owner of the record before
        std::array<std::string_view, kRecordWordsMax> words;
        std::size_t count = 0;
        std::uint32_t line = 0;
    };

    /// `line`: untrimmed, because a blank in front means the owner of the record before. True: the record is complete.
    bool add(std::string_view line, std::uint32_t number) {
        if (depth_ == 0) {
            record_.count = 0;
            record_.line = number;
            record_.owner = {};
            if (!line.empty() && !is_blank(line.front()) && line.front() != ';') record_.owner = take(line);
        }
        for (auto word = take(line); !word.empty(); word = take(line))
            if (record_.count < record_.words.size()) record_.words[record_.count++] = word;
        return depth_ == 0;
    }
    [[nodiscard]] const Record& record() const noexcept { return record_; }
    [[nodiscard]] bool is_open() const noexcept { return depth_ != 0; }

private:
    std::string_view take(std::string_view& line) {
        for (;;) {
            while (!line.empty() && (is_blank(line.front()) || line.front() == '\r')) line.remove_prefix(1);
            if (line.empty() || line.front() == ';') return {};
            if (line.front() != '(' && line.front() != ')') break;
            depth_ += line.front() == '(' ? 1 : depth_ > 0 ? -1 : 0;
            line.remove_prefix(1);
        }
        std::size_t end = 0;
        if (line.front() == '"') {
            end = 1;
            while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2U : 1U;
            end = std::min(end + 1, line.size());
        } else {
            while (end < line.size() && !is_blank(line[end]) && line[end] != ';' && line[end] != '(' &&
                   line[end] != ')' && line[end] != '\r')
                end += line[end] == '\\' ? 2U : 1U;
            end = std::min(end, line.size());
        }
        const auto word = line.substr(0, end);
        line.remove_prefix(end);
        return word;
    }

    Record record_;
    int depth_ = 0;
};

class ZoneReader {
public:
    explicit ZoneReader(Reading& reading) : reading_(reading) {}

    void take(const RecordReader::Record& record) {
        if (record.owner == "$ORIGIN") return set_origin(record);
        if (record.owner == "$INCLUDE") return reading_.refuse(record.line, "$INCLUDE is not followed");
        if (record.owner.starts_with('$')) return;  // $TTL
        if (!record.owner.empty()) owner_ = record.owner;
        if (record.count == 0 && record.owner.empty()) return;
        std::size_t at = 0;
        while (at < record.count && (is_ttl(record.words[at]) || is_class(record.words[at]))) ++at;
        if (owner_.empty() || at + 1 >= record.count)
            return reading_.refuse(record.line, "the record is not whole: it has an owner, a type and a value");
        take_record(record.words[at], record.words[at + 1], record.line);
    }

private:
    void set_origin(const RecordReader::Record& record) {
        std::string why;
        if (record.count == 0) return reading_.refuse(record.line, "$ORIGIN names nothing");
        const auto name =
            record.words[0] == "." ? std::optional(wire::Name()) : parse_listed_name(record.words[0], why);
        if (!name) return reading_.refuse(record.line, std::move(why));
        origin_ = *name;
        if (!apex_) apex_ = *name;
    }

    void take_record(std::string_view type, std::string_view value, std::uint32_t line) {
        const auto trigger = trigger_text();
        if (equal_folded(type, "SOA")) {
            if (owner_.ends_with('.')) {
                std::string why;
                if (const auto name = parse_listed_name(owner_, why)) apex_ = *name;
            }
            return;
        }
        if (!trigger || equal_folded(type, "NS") || equal_folded(type, "DNSKEY") || equal_folded(type, "RRSIG")) return;
        std::string why;
        const auto cname = equal_folded(type, "CNAME") ? std::optional(value) : std::nullopt;
        const auto read = read_rpz_record(*trigger, cname, why);
        if (!read.understood) return reading_.refuse(line, std::move(why));
        if (!read.applies) return reading_.skip();
        reading_.rule(line, read.rule);
    }

    /// The owner relative to the apex; nullopt: it is the apex.
    [[nodiscard]] std::optional<std::string> trigger_text() const {
        if (owner_ == "@") return std::nullopt;
        std::string text(owner_);
        if (text.ends_with('.')) {
            text.pop_back();
            return apex_ ? without_apex(std::move(text)) : std::optional(std::move(text));
        }
        if (apex_ && origin_.labels() > apex_->labels())
            text += "." + origin_.to_string();
        else
            return text;
        return without_apex(std::move(text));
    }

    [[nodiscard]] std::optional<std::string> without_apex(std::string text) const {
        const std::string apex = apex_->to_string();
        if (apex_->labels() == 0) return text;
        if (equal_folded(text, apex)) return std::nullopt;
        if (text.size() > apex.size() + 1 && text[text.size() - apex.size() - 1] == '.' &&
            equal_folded(std::string_view(text).substr(text.size() - apex.size()), apex))
            text.resize(text.size() - apex.size() - 1);
        return text;
    }

    Reading& reading_;
    std::optional<wire::Name> apex_;
    wire::Name origin_;
    std::string_view owner_;
};

}  // namespace

void read_rpz(std::string_view text, Reading& reading) {
    RecordReader records;
    ZoneReader zone(reading);
    std::uint32_t number = 0;
    for_each_raw_line(text, [&](std::string_view line, std::uint32_t at) {
        number = at;
        if (line.size() > reading.limits().line_bytes_max && !line.starts_with(';'))
            reading.refuse(number, "the line is too long");
        else if (records.add(line, number))
            zone.take(records.record());
        return !reading.overflowed();
    });
    if (records.is_open()) reading.refuse(number, "a parenthesis is not closed");
}

}  // namespace cenote::blocklists
