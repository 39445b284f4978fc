// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/hit_commands.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "resolver/base/diagnostics.h"
#include "resolver/base/letter_case.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/looks.h"
#include "resolver/daemon/responses.h"
#include "resolver/sinks/log_files.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Reply;
using control::Request;
using control::Response;

constexpr std::size_t kWordsListed = 30;
constexpr std::size_t kLogFilesMax = 512;  // open at once, here and in the tool
constexpr int kAttempts = 3;               // until no file was closed while they were opened

/// "there is no group 'x'; …" with what exists.
Error no_such(std::string_view what, const std::string& word, std::vector<std::string> known) {
    std::ranges::sort(known);
    std::string text = fmt::format("there is no {} '{}'", what, word);
    if (known.empty()) return Error{fmt::format("{}; there is none at all", text)};
    if (known.size() <= kWordsListed) return Error{fmt::format("{}; there are {}", text, fmt::join(known, ", "))};
    const std::string near = nearest(word, known);
    return Error{near.empty() ? fmt::format("{}; 'cenote {}s' shows them", text, what)
                              : fmt::format("{}; did you mean '{}'?", text, near)};
}

Status check_word(std::string_view what, const std::string& word, std::vector<std::string> known) {
    if (word.empty() || std::ranges::find(known, word) != known.end()) return Done{};
    return no_such(what, word, std::move(known));
}

/// The id of a service or list by its id, an alias or the name of a service; else the Error.
Result<std::string> find_service(const Loaded& loaded, const std::string& word) {
    if (word.empty()) return word;
    std::vector<std::string> known;
    if (loaded.base != nullptr)
        for (const domainset::Source& source : loaded.base->sources()) {
            const auto is_meant = [&word](const std::string& name) { return equal_folded(name, word); };
            if (is_meant(source.id) || is_meant(source.name) || std::ranges::any_of(source.aliases, is_meant))
                return source.id;
            if (!source.id.empty()) known.push_back(source.id);
        }
    return no_such("service", word, std::move(known));
}

struct ReadFilter {
    sinks::HitFilter filter;
    std::string unknown;  // why it may take nothing: a word in it is none of those in force; empty: all are
};

/// The filter of a request. The verdicts that can occur are `verdicts`; another one is an Error.
Result<ReadFilter> read_filter(const Running& running, const Request& request, std::span<const char* const> verdicts) {
    ReadFilter read{.filter = {.directive = text_in(request, field::kDirective),
                               .service = text_in(request, field::kService),
                               .group = text_in(request, field::kGroup),
                               .verdict = text_in(request, field::kVerdict)},
                    .unknown = {}};
    sinks::HitFilter& filter = read.filter;
    const std::vector<std::string> words(verdicts.begin(), verdicts.end());
    if (auto checked = check_word("verdict", filter.verdict, words); !checked) return std::move(checked).error();
    const policy::Options& options = running.enforcement().policy().options();
    std::vector<std::string> directives;
    for (const policy::Directive& each : options.directives) directives.push_back(each.id);
    std::vector<std::string> groups{"everyone"};
    for (const policy::Group& each : options.groups) groups.push_back(each.id);
    const auto service = find_service(running.enforcement().loaded(), filter.service);
    if (service) filter.service = *service;
    for (const Status& checked :
         {check_word("directive", filter.directive, std::move(directives)),
          check_word("group", filter.group, std::move(groups)), service ? Status(Done{}) : Status(service.error())})
        if (!checked && read.unknown.empty()) read.unknown = checked.error().text;
    return read;
}

/// ", client 10.20.0.7": of an address by no more than the level keeps, of a pseudonym as it is; empty: no such filter.
std::string client_text(Running& running, const Request& request) {
    const std::string client = text_in(request, field::kClient);
    if (client.empty()) return {};
    const auto address = IpAddress::parse(client);
    return fmt::format(", client {}", address ? subject_text(running, *address) : client);
}

/// "tail, directive 2026-014, group moti": what a record says of a look.
std::string look_text(std::string text, const Request& request) {
    for (const char* key :
         {field::kFrom, field::kTo, field::kDirective, field::kService, field::kGroup, field::kVerdict, field::kName})
        if (const std::string value = text_in(request, key); !value.empty()) text += fmt::format(", {} {}", key, value);
    return text;
}

/// A regular file, opened without waiting for anything.
std::shared_ptr<const UniqueFd> open_log(const Path& path) {
    auto fd = std::make_shared<const UniqueFd>(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat there {};
    if (!fd->valid() || ::fstat(fd->get(), &there) != 0 || !S_ISREG(there.st_mode)) return nullptr;
    return fd;
}

struct OpenLog {
    std::vector<sinks::LogPart> parts;
    std::vector<std::shared_ptr<const UniqueFd>> files;  // of each part
};

/// Opens the files of a span. One that is closed or compressed meanwhile has another name: then all are opened again.
Result<OpenLog> open_logs(const Path& file, const sinks::LogSpan& span) {
    Error failed{"the log is being closed; try again"};
    for (int i = 0; i < kAttempts; ++i) {
        OpenLog open{sinks::log_files(file, span), {}};
        if (open.parts.size() > kLogFilesMax)
            return Error{
                fmt::format("{} files of the log may have lines of that time, and {} can be read at once; "
                            "narrow it with --from and --to",
                            open.parts.size(), kLogFilesMax)};
        for (const sinks::LogPart& part : open.parts) {
            open.files.push_back(open_log(part.file));
            if (open.files.back() != nullptr) continue;
            failed.text = fmt::format("cannot read {}: {}", part.file.string(), std::strerror(errno));
            break;
        }
        if (!open.files.empty() && open.files.back() == nullptr) continue;
        if (open.parts == sinks::log_files(file, span)) return open;
    }
    return failed;
}

Result<sinks::LogSpan> read_span(const Request& request) {
    sinks::LogSpan span;
    for (const auto& [key, time] : {std::pair{field::kFrom, &span.from}, {field::kTo, &span.to}}) {
        const auto text = text_of(request, key);
        if (!text) continue;
        const auto read = parse_time(*text);
        if (!read) return read.error();
        *time = *read;
    }
    if (span.from && span.to && *span.from >= *span.to)
        return Error{fmt::format("{} is not before {}", format_time(*span.from), format_time(*span.to))};
    return span;
}

}  // namespace

void tail(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    static constexpr std::array kVerdicts{"observe", "advise", "restrict", "block", "exception"};
    auto read = read_filter(running, request, kVerdicts);
    if (!read) return reply(fail(read.error().text));
    if (!read->unknown.empty()) return reply(fail(read->unknown));
    std::optional<milliseconds> lasts;
    if (const auto text = text_of(request, field::kFor)) {
        const auto duration = parse_duration(*text);
        if (!duration) return reply(fail(duration.error().text));
        lasts = *duration;
    }
    if (auto recorded = record_look(running, peer, request, look_text("tail", request)); !recorded)
        return reply(fail(recorded.error().text));
    if (auto started = running.hit_sinks().tails().start(std::move(read->filter), lasts, reply); !started)
        reply(fail(started.error().text));
}

void search_log(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    static constexpr std::array kVerdicts{"forward", "observe", "advise",    "restrict",
                                          "block",   "allow",   "exception", "local"};
    const sinks::LogOptions& options = running.enforcement().loaded().settings.log;
    if (options.file.empty())
        return reply(fail(fmt::format("no log is kept; name a file in [log].file of {}, then 'cenote reload'",
                                      running.enforcement().loaded().settings.file.string())));
    const bool exports = request.args.value(field::kExport, false);
    if (exports && text_in(request, field::kPurpose).empty())
        return reply(fail("an export needs a purpose, which the audit trail keeps"));
    if (!exports && options.format == sinks::LogFormat::Cef)
        return reply(
            fail("the log is in the format cef, which is not searched; write its lines to a file with "
                 "'cenote log --export FILE --purpose TEXT'"));
    const auto read = read_filter(running, request, kVerdicts);
    if (!read) return reply(fail(read.error().text));
    const auto span = read_span(request);
    if (!span) return reply(fail(span.error().text));
    const auto open = open_logs(options.file, *span);
    if (!open) return reply(fail(open.error().text));
    const std::string look = look_text(exports ? "export of the log" : "log", request) + client_text(running, request);
    if (auto recorded = record_look(running, peer, request, look); !recorded) return reply(fail(recorded.error().text));
    for (std::size_t i = 0; i < open->parts.size();) {
        Response part{.ok = true, .more = true, .error = {}, .data = Json::array()};
        for (; i < open->parts.size() && part.files.size() < control::kFilesMax; ++i) {
            part.data.push_back({{field::kPath, open->parts[i].file.string()}, {field::kOpen, !open->parts[i].closed}});
            part.files.push_back(open->files[i]);
        }
        reply(part);
    }
    reply(done({{field::kFormat, sinks::log_format_to_text(options.format)},
                {field::kService, read->filter.service},
                {field::kUnknown, read->unknown}}));
}

}  // namespace cenote::daemon
