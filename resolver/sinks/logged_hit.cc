// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/logged_hit.h"

#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "resolver/base/time_text.h"

namespace cenote::sinks {
namespace {

using Json = nlohmann::json;

constexpr int kDepthMax = 8;                               // no line of a log nests deeper
constexpr std::int64_t kCefTimeMax = 253'402'300'799'999;  // milliseconds: the end of the year 9999

/// The text at a path of keys; empty where it is absent, null or no text.
std::string text_at(const Json& json, std::initializer_list<const char*> path) {
    const Json* at = &json;
    for (const char* key : path) {
        const auto found = at->find(key);
        if (found == at->end()) return {};
        at = &*found;
    }
    return at->is_string() ? at->get<std::string>() : std::string();
}

std::optional<LoggedHit> made(LogFormat format, std::string_view time, LoggedHit hit) {
    const auto at = parse_micros(time);
    if (!at || hit.verdict.empty()) return std::nullopt;
    hit.format = format;
    hit.at = *at;
    return hit;
}

std::optional<LoggedHit> from_jsonl(const Json& json) {
    const std::string list = text_at(json, {"list"});
    return made(LogFormat::Jsonl, text_at(json, {"time"}),
                {.name = text_at(json, {"name"}),
                 .verdict = text_at(json, {"verdict"}),
                 .service = list.empty() ? text_at(json, {"service"}) : list,
                 .group = text_at(json, {"group"}),
                 .directive = text_at(json, {"directive"}),
                 .client = text_at(json, {"client"})});
}

std::optional<LoggedHit> from_ecs(const Json& json) {
    const std::string address = text_at(json, {"source", "ip"});
    return made(LogFormat::Ecs, text_at(json, {"@timestamp"}),
                {.name = text_at(json, {"dns", "question", "name"}),
                 .verdict = text_at(json, {"event", "action"}),
                 .service = text_at(json, {"labels", "service"}),
                 .group = text_at(json, {"labels", "group"}),
                 .directive = text_at(json, {"rule", "id"}),
                 .client = address.empty() ? text_at(json, {"user", "hash"}) : address});
}

std::optional<LoggedHit> from_ocsf(const Json& json) {
    const std::string address = text_at(json, {"src_endpoint", "ip"});
    return made(LogFormat::Ocsf, text_at(json, {"metadata", "original_time"}),
                {.name = text_at(json, {"query", "hostname"}),
                 .verdict = text_at(json, {"unmapped", "verdict"}),
                 .service = text_at(json, {"unmapped", "service"}),
                 .group = text_at(json, {"unmapped", "group"}),
                 .directive = text_at(json, {"policy", "uid"}),
                 .client = address.empty() ? text_at(json, {"src_endpoint", "uid"}) : address});
}

/// The first key of the extension, behind seven bars, is the time in milliseconds.
std::optional<LoggedHit> from_cef(std::string_view line) {
    constexpr std::string_view kTime = "rt=";
    int bars = 0;
    std::size_t at = 0;
    for (; at < line.size() && bars < 7; ++at) {
        if (line[at] == '\\')
            ++at;
        else if (line[at] == '|')
            ++bars;
    }
    if (bars < 7 || line.substr(at, kTime.size()) != kTime) return std::nullopt;
    std::int64_t time = 0;
    const char* begin = line.data() + at + kTime.size();
    const auto read = std::from_chars(begin, line.data() + line.size(), time);
    if (read.ec != std::errc() || read.ptr == begin || time < 0 || time > kCefTimeMax) return std::nullopt;
    LoggedHit hit;
    hit.format = LogFormat::Cef;
    hit.at = WallMicros(milliseconds(time));
    return hit;
}

}  // namespace

std::optional<WallMicros> parse_micros(std::string_view text) {
    constexpr std::size_t kWhole = 19;  // 2026-11-30T00:00:00
    constexpr std::size_t kSize = kWhole + 8;
    if (text.size() != kSize || text[kWhole] != '.' || text.back() != 'Z') return std::nullopt;
    const auto whole = parse_time(std::string(text.substr(0, kWhole)) + "Z");
    std::uint32_t micros = 0;
    const auto read = std::from_chars(text.data() + kWhole + 1, text.data() + kSize - 1, micros);
    if (!whole || read.ec != std::errc() || read.ptr != text.data() + kSize - 1) return std::nullopt;
    return WallMicros(*whole) + microseconds(micros);
}

std::optional<LoggedHit> read_log_line(std::string_view line) {
    if (line.starts_with("CEF:")) return from_cef(line);
    bool too_deep = false;
    const Json json = Json::parse(
        line,
        [&too_deep](int depth, Json::parse_event_t, Json&) {
            too_deep |= depth > kDepthMax;
            return depth <= kDepthMax;
        },
        false);
    if (too_deep || !json.is_object()) return std::nullopt;
    if (json.contains("@timestamp")) return from_ecs(json);
    if (json.contains("class_uid")) return from_ocsf(json);
    return from_jsonl(json);
}

}  // namespace cenote::sinks
