// SPDX-License-Identifier: Apache-2.0
//
// Lines and files of the query log, read again: a line that is read has a place that is found again; a file, plain or
// compressed, gives the lines that a naive reader finds; a name that a client asked for ends no line and no field of
// any format.
//
// Input: a byte that chooses, then a line, a file, or a name in wire format and the rest of a hit.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/sinks/log_line.h"
#include "resolver/sinks/log_reader.h"
#include "resolver/sinks/logged_hit.h"
#include "resolver/sinks/logged_lines.h"
#include "resolver/wire/name.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::sinks;

fuzz::Goal line_read("a line is read");
fuzz::Goal file_read("lines of a file are read");
fuzz::Goal unpacked("lines of a compressed file are read");
fuzz::Goal hit_read("a hit is read as it was written");

constexpr std::size_t kLinesMax = 100'000;  // of a file that grows when it is unpacked

void try_line(std::string_view line) {
    const auto hit = read_log_line(line);
    if (!hit) return;
    CENOTE_CHECK(hit->format == LogFormat::Cef || !hit->verdict.empty());
    line_read.reach();
    const LogPlace place = place_of(line, *hit);
    CENOTE_CHECK(parse_place(place_to_text(place)) == place);
    CENOTE_CHECK(parse_micros(format_micros(hit->at)) == hit->at);
    const LogQuestion question{.span = {}, .filter = {.directive = hit->directive}, .client = hit->client, .name = {}};
    (void)question.takes(*hit);
}

bool is_compressed(ByteView bytes) { return bytes.size() >= 4 && load_u32(bytes.data()) == 0x28b52ffdU; }

std::vector<std::string> naive_lines(std::string_view text) {
    std::vector<std::string> lines;
    fuzz::Input left(text);
    while (!left.empty()) lines.emplace_back(left.line().substr(0, LogReader::kLineMax));
    return lines;
}

void try_file(ByteView bytes) {
    const UniqueFd fd(::memfd_create("log", MFD_CLOEXEC));
    CENOTE_CHECK(fd.valid() && ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    CENOTE_CHECK(::lseek(fd.get(), 0, SEEK_SET) == 0);
    LogReader reader(fd.get());
    std::vector<std::string> lines;
    bool damaged = false;
    while (lines.size() < kLinesMax) {
        const auto line = reader.next();
        damaged = !line.ok();
        if (damaged || !*line) break;
        CENOTE_CHECK((*line)->size() <= LogReader::kLineMax && (*line)->find('\n') == std::string_view::npos);
        lines.emplace_back(**line);
        CENOTE_CHECK(reader.number() == lines.size());
    }
    if (!lines.empty()) (is_compressed(bytes) ? unpacked : file_read).reach();
    if (is_compressed(bytes)) return;
    CENOTE_CHECK(!damaged);
    CENOTE_CHECK(lines == naive_lines(fuzz::Input(bytes).text()));
}

/// Bytes as an id: letters that no id has, but no control characters.
std::string id_of(ByteView bytes) {
    std::string id;
    for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(bytes.size(), 64)))
        id += static_cast<char>(0x20 + byte % 0x5f);
    return id;
}

void try_hit(ByteView bytes) {
    wire::Name name;
    std::size_t end = 0;
    if (!name.read_uncompressed(bytes, end)) return;
    fuzz::Input input(bytes.subspan(end));
    HitRecord record;
    record.at = WallMicros(microseconds(input.u32()));
    record.hit.verdict = static_cast<telemetry::QueryVerdict>(input.u8() % 4);
    record.hit.directive_key = 1;
    record.name = name.to_string();
    for (std::string* id : {&record.service, &record.group, &record.directive}) *id = id_of(input.bytes(16));
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf, LogFormat::Cef}) {
        const std::string line =
            log_line(format, record, {.node = record.group, .version = "1", .policy_digest = "00"}, 7);
        CENOTE_CHECK(line.find('\n') == std::string::npos && line.find('\0') == std::string::npos);
        const auto read = read_log_line(line);
        CENOTE_CHECK(read && read->format == format);
        if (format == LogFormat::Cef) continue;  // of which only the time is read
        CENOTE_CHECK(read->name == record.name && read->service == record.service && read->group == record.group);
        CENOTE_CHECK(read->directive == record.directive && read->at == record.at);
        hit_read.reach();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    fuzz::Input input(data, size);
    switch (input.u8() % 3) {
        case 0: try_line(input.text()); break;
        case 1: try_file(input.rest()); break;
        default: try_hit(input.rest()); break;
    }
    return 0;
}
