// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/history_commands.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <set>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/report/history_rows.h"
#include "resolver/rules/policy_document.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;
using Reply = control::ControlServer::Reply;

constexpr int kExportVersion = 1;
constexpr std::size_t kWriteAt = std::size_t{1} << 20;

/// The lines of an export, in a file that has no name.
class ExportFile {
public:
    static Result<ExportFile> create(const Path& folder) {
        UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
        if (fd.valid()) return ExportFile(std::move(fd));
        return Error{fmt::format("cannot make a file in {}: {}", folder.string(), std::strerror(errno))};
    }

    void add(const Json& line) {
        buffer_ += line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
        if (buffer_.size() >= kWriteAt) write();
        ++lines_;
    }
    /// Adds the last line, which has the digest of those before it, and gives the file open for reading.
    Result<UniqueFd> finish() {
        write();
        const std::uint64_t rows = lines_ - 1;  // without the header
        add({{"end", rows}, {"sha256", to_hex(digest_->finish())}});
        ended_ = true;
        write();
        if (!error_.empty()) return Error{error_};
        UniqueFd reading(::open(fmt::format("/proc/self/fd/{}", fd_.get()).c_str(), O_RDONLY | O_CLOEXEC));
        if (!reading.valid()) return Error{fmt::format("cannot read the export: {}", std::strerror(errno))};
        return reading;
    }

private:
    explicit ExportFile(UniqueFd fd) : fd_(std::move(fd)) {}

    void write() {
        if (!ended_) digest_->update(bytes_of(buffer_));
        for (std::size_t done = 0; done < buffer_.size() && error_.empty();) {
            const ssize_t size = ::write(fd_.get(), buffer_.data() + done, buffer_.size() - done);
            if (size < 0 && errno != EINTR) error_ = fmt::format("cannot write the export: {}", std::strerror(errno));
            done += size > 0 ? static_cast<std::size_t>(size) : 0;
        }
        buffer_.clear();
    }

    UniqueFd fd_;
    std::string buffer_;
    std::uint64_t lines_ = 0;
    std::unique_ptr<Sha256> digest_ = std::make_unique<Sha256>();
    bool ended_ = false;
    std::string error_;
};

struct ExportOf {
    Path file;
    std::string node;
    WallTime from{};
    WallTime to{};
    bool sketches = false;
};

Result<UniqueFd> write_export(const ExportOf& of, const std::atomic<bool>& stopping) {
    auto store = history::Store::open_read_only(of.file);
    if (!store) return std::move(store).error();
    auto out = ExportFile::create(of.file.parent_path());
    if (!out) return std::move(out).error();
    out->add({{"cenote_history", kExportVersion},
              {field::kNode, of.node},
              {field::kFrom, format_time(of.from)},
              {field::kTo, format_time(of.to)}});
    for (const history::Span span : {history::Span::Day, history::Span::Hour}) {
        auto read = (*store)->read(span, of.from, of.to, [&](const history::Row& row) {
            if (row.node == of.node && !stopping.load()) out->add(report::history_row_json(span, row));
        });
        if (!read) return std::move(read).error();
    }
    if (of.sketches) {
        auto read = (*store)->read_sketches(of.from, of.to, [&](const history::SketchRow& row) {
            if (row.node == of.node) out->add(report::history_row_json(row));
        });
        if (!read) return std::move(read).error();
    }
    auto signals = (*store)->read_signals(of.from, of.to, [&](const history::SignalRow& row) {
        if (row.node == of.node) out->add(report::history_row_json(row));
    });
    if (!signals) return std::move(signals).error();
    const auto gaps = (*store)->gaps(of.from, of.to);
    if (!gaps) return gaps.error();
    for (const history::Gap& gap : *gaps)
        if (gap.node == of.node) out->add(report::history_row_json(gap));
    return out->finish();
}

Result<WallTime> time_in(const Request& request, const char* key, WallTime otherwise) {
    const auto text = text_of(request, key);
    return text ? parse_time(*text) : Result<WallTime>(otherwise);
}

/// Takes the rows of one part; `parts` of the request counts from 0.
Status take_part(Running& running, const Peer& peer, const Request& request) {
    constexpr seconds kPatience{60};
    auto& open = running.open_requests().history_import;
    const auto part = request.args.value(field::kPart, std::uint64_t{0});
    const WallTime now = wall_now();
    if (open && open->actor != peer.actor && now - open->last < kPatience)
        return Error{fmt::format("{} is importing a history; try again later", open->actor)};
    if (part == 0) open = HistoryImport{.actor = peer.actor, .parts = 0, .last = now, .rows = {}};
    if (!open || open->actor != peer.actor || open->parts != part)
        return Error{"a part of the import is missing; begin again"};
    for (const Json& row : request.args.value(field::kRows, Json::array()))
        if (auto read = report::read_history_row(row, open->rows); !read) {
            open.reset();
            return Error{fmt::format("a row is refused: {}; nothing was imported", read.error().text)};
        }
    if (open->rows.size() > kHistoryRowsMax) {
        open.reset();
        return Error{fmt::format("it has more than {} rows; export a shorter time", kHistoryRowsMax)};
    }
    ++open->parts;
    open->last = now;
    return Done{};
}

/// Services that some directive in force covers for everyone, so that each query for them is counted.
std::set<std::string> covered_for_everyone(const policy::Policy& policy) {
    std::set<std::string> services;
    const auto& directives = policy.options().directives;
    for (std::uint32_t i = 0; policy.base() != nullptr && i < directives.size(); ++i) {
        if (!directives[i].groups.empty() || policy.state_of(i) != policy::DirectiveState::InForce) continue;
        for (const auto& taken : policy.takes(i))
            if (const auto& source = policy.base()->sources()[taken.source];
                source.kind == domainset::SourceKind::Service)
                services.insert(source.id);
    }
    return services;
}

struct Asked {
    std::optional<WallTime> first;
    seconds gaps{};
    std::set<std::string> services;
};

Result<Asked> asked_between(const Path& file, WallTime from, WallTime to) {
    auto store = history::Store::open_read_only(file);
    if (!store) return std::move(store).error();
    Asked asked;
    const auto first = (*store)->first();
    if (!first) return first.error();
    asked.first = *first;
    const auto gaps = (*store)->gaps(from, to);
    if (!gaps) return gaps.error();
    for (const history::Gap& gap : *gaps) asked.gaps += std::min(gap.to, to) - std::max(gap.from, from);
    auto read = (*store)->read(history::Span::Day, from, to, [&asked](const history::Row& row) {
        if (row.count != 0) asked.services.insert(row.series.service);
    });
    if (!read) return std::move(read).error();
    return asked;
}

Response unused_response(const Asked& asked, const std::set<std::string>& covered, std::int64_t days, WallTime from) {
    constexpr std::int64_t kGapShare = 20;  // a twentieth of the time may be missing
    const seconds span = days * kDay;
    const bool enough = asked.first && *asked.first <= from && asked.gaps * kGapShare <= span;
    Json rows = Json::array();
    if (enough)
        for (const std::string& service : covered)
            if (!asked.services.contains(service)) rows.push_back(service);
    return done({{field::kDays, days},
                 {field::kSince, report::time_json(asked.first)},
                 {field::kGaps, format_duration(asked.gaps)},
                 {field::kEnough, enough},
                 {field::kServices, std::move(rows)}});
}

SlowWork::End failed(const Error& error) {
    return [text = error.text] { return fail(text); };
}

}  // namespace

void history_export(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    const config::Settings& settings = running.enforcement().loaded().settings;
    if (settings.history.file.empty()) return reply(fail("this node has no history: [history].file is empty"));
    const auto from = time_in(request, field::kFrom, WallTime());
    const auto to = time_in(request, field::kTo, wall_now() + kDay);
    for (const auto* time : {&from, &to})
        if (!*time) return reply(fail(time->error().text));
    // A sketch shows how few clients a small group has.
    const ExportOf of{settings.history.file, settings.node, *from, *to, peer.right == control::Right::Admin};
    running.open_requests().slow.start(
        [of](const std::atomic<bool>& stopping) -> SlowWork::End {
            auto file = write_export(of, stopping);
            if (!file) return failed(file.error());
            const auto shared = std::make_shared<const UniqueFd>(std::move(*file));
            return [shared] {
                Response response = done(Json::object());
                response.files.push_back(shared);
                return response;
            };
        },
        reply);
}

void history_import(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    const config::Settings& settings = running.enforcement().loaded().settings;
    if (settings.history.file.empty()) return reply(fail("this node has no history: [history].file is empty"));
    if (auto taken = take_part(running, peer, request); !taken) return reply(fail(taken.error().text));
    auto& open = running.open_requests().history_import;
    if (!request.args.value(field::kLast, false)) return reply(done({{field::kRows, open->rows.size()}}));
    const auto rows = std::make_shared<const history::Imported>(std::move(open->rows));
    open.reset();
    running.open_requests().slow.start(
        [&running, peer, request, rows, file = settings.history.file,
         node = settings.node](const std::atomic<bool>&) -> SlowWork::End {
            auto store = history::Store::open_beside(file, node);
            if (!store) return failed(store.error());
            if (auto imported = (*store)->import(*rows); !imported)
                return failed(Error{imported.error().text + "; nothing was imported"});
            return [&running, peer, request, count = rows->size()] {
                state::Record record = record_of(peer, request, "history import");
                record.object = text_in(request, field::kNode);
                record.after = fmt::format("{} rows", count);
                if (auto written = running.record(std::move(record)); !written) return fail(written.error().text);
                return done({{field::kRows, count}});
            };
        },
        reply);
}

void services_unused(Running& running, const Peer&, const Request& request, const Reply& reply) {
    const config::Settings& settings = running.enforcement().loaded().settings;
    if (settings.history.file.empty()) return reply(fail("this node has no history: [history].file is empty"));
    constexpr std::int64_t kDaysMax = 3650;
    const std::int64_t days = std::clamp(request.args.value(field::kDays, std::int64_t{90}), std::int64_t{1}, kDaysMax);
    const WallTime now = wall_now();
    const WallTime from = history::start_of(history::Span::Day, now - days * kDay);
    std::set<std::string> covered;
    const auto stored = running.rulebook().archive().policy_at(from);
    const auto past = stored ? rules::past_policy(*stored, running.enforcement().loaded().base, from)
                             : Result<rules::PastPolicy>(stored.error());
    if (past) {
        const auto then = covered_for_everyone(*past->policy);
        std::ranges::set_intersection(then, covered_for_everyone(running.enforcement().policy()),
                                      std::inserter(covered, covered.end()));
    }
    running.open_requests().slow.start(
        [file = settings.history.file, covered, days, from, now](const std::atomic<bool>&) -> SlowWork::End {
            const auto asked = asked_between(file, from, now);
            if (!asked) return failed(asked.error());
            return [asked = *asked, covered, days, from] { return unused_response(asked, covered, days, from); };
        },
        reply);
}

}  // namespace cenote::daemon
