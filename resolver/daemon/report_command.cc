// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/report_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "resolver/assessment/assessment.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/daemon/version.h"
#include "resolver/report/lists.h"
#include "resolver/rules/policy_document.h"
#include "resolver/rules/rules_digest.h"
#include "resolver/state/policies.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using assessment::Inputs;
using assessment::PolicySlice;
using control::Peer;
using control::Request;
using control::Response;

constexpr std::chrono::days kLongest{1100};
constexpr const char* kLanguage = "en";  // of a report that names none

/// What the control thread gathers, and what the other one reads with it.
struct ReportOf {
    Inputs inputs;
    Path history;
    Path state;
    std::vector<Path> services;
};

Status read_times(const Request& request, const std::string& zone, WallTime now, Inputs& inputs) {
    std::optional<WallTime> from, to;
    for (const auto& [key, into] : {std::pair(field::kFrom, &from), std::pair(field::kTo, &to)})
        if (const auto text = text_of(request, key)) {
            const auto time = parse_time(*text);
            if (!time) return time.error();
            *into = *time;
        }
    const assessment::Month month = assessment::last_month(zone, now);
    inputs.from = from.value_or(to ? assessment::last_month(zone, *to).from : month.from);
    inputs.to = to.value_or(from ? now : month.to);
    if (inputs.from >= inputs.to)
        return Error{fmt::format("the period ends at {}, which is not after its begin, {}", format_time(inputs.to),
                                 format_time(inputs.from))};
    if (inputs.to - inputs.from > kLongest)
        return Error{fmt::format("the period is longer than {} days; ask for a shorter one", kLongest.count())};
    return Done{};
}

Result<ReportOf> gather(Running& running, const Peer& peer, const Request& request) {
    const Loaded& loaded = running.enforcement().loaded();
    const config::Settings& settings = loaded.settings;
    ReportOf of;
    of.history = running.hit_sinks().history_file();
    if (of.history.empty()) return Error{"this node has no history: [history].file is empty"};
    of.state = settings.state;
    of.services = settings.services;
    Inputs& inputs = of.inputs;
    const WallTime now = wall_now();
    if (auto read = read_times(request, settings.timezone, now, inputs); !read) return std::move(read).error();
    inputs.zone = settings.timezone;
    inputs.directive = text_in(request, field::kDirective);
    inputs.group = text_in(request, field::kGroup);
    inputs.smallest = settings.privacy.smallest;
    inputs.groups = running.enforcement().policy().options().groups;
    inputs.set = loaded.base;
    if (const auto text = text_of(request, field::kBody)) {
        Diagnostics diagnostics;
        const std::string file = text_of(request, field::kPath).value_or("risk.toml");
        auto table = assessment::read_risk_table(*text, file, diagnostics);
        if (!table) return Error{all_errors(diagnostics)};
        table->source = Path(file).filename().string();  // folders are those of one machine
        inputs.risk = std::move(*table);
    } else {
        inputs.risk = assessment::built_in_risk_table();
    }
    inputs.made = {.at = now,
                   .by = peer.actor,
                   .node = settings.node,
                   .version = std::string(kVersion),
                   .language = kLanguage,
                   .keep_hours = settings.history.keep_hours,
                   .lists = {}};
    for (const report::ListState& list : report::read_list_states(settings, loaded.base.get()))
        inputs.made.lists.push_back({list.id, list.last_good});
    return of;
}

/// The policies of the time, each of which is read once however often it came into force.
Status read_policies(const ReportOf& of, std::vector<PolicySlice>& policies) {
    std::map<std::string, PolicySlice> known;
    const WallTime from = assessment::reading_begins(of.inputs.from, of.inputs.to, of.inputs.zone);
    return state::each_policy(of.state, from, of.inputs.to, [&](const state::PolicyVersion& version) {
        auto [found, is_new] = known.try_emplace(version.digest);
        PolicySlice& slice = found->second;
        if (is_new) {
            const auto read = rules::read_policy_document(version.text);
            if (!read) return Status(Error{fmt::format("policy version {}: {}", version.version, read.error().text)});
            slice = {.from = {},
                     .digest = rules::rules_digest(*read->options, read->catalogue),
                     .catalogue = read->catalogue,
                     .node = read->options->node,
                     .options = read->options};
        }
        if (!policies.empty() && policies.back().digest == slice.digest && policies.back().node == slice.node)
            return Status(Done{});
        policies.push_back(slice);
        policies.back().from = version.at;
        return Status(Done{});
    });
}

/// A group or a directive that is in none of the policies was mistyped.
Status check_words(const Inputs& inputs) {
    const auto had = [&](auto member, const std::string& id) {
        return std::ranges::any_of(inputs.policies, [&](const PolicySlice& slice) {
            return std::ranges::any_of((*slice.options).*member, [&](const auto& each) { return each.id == id; });
        });
    };
    const bool group = inputs.group.empty() || had(&policy::Options::groups, inputs.group) ||
                       std::ranges::any_of(inputs.groups, [&](const auto& each) { return each.id == inputs.group; });
    if (!group)
        return Error{
            fmt::format("there was no group '{}' in this time; 'cenote groups' shows those of now", inputs.group)};
    if (!inputs.directive.empty() && !had(&policy::Options::directives, inputs.directive))
        return Error{fmt::format("there was no directive '{}' in this time; 'cenote directives' shows those of now",
                                 inputs.directive)};
    return Done{};
}

Result<UniqueFd> file_of(const std::string& text) {
    const UniqueFd fd(::memfd_create("cenote-report", MFD_CLOEXEC));
    if (!fd.valid()) return Error{fmt::format("cannot make a file in memory: {}", std::strerror(errno))};
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t size = ::write(fd.get(), text.data() + done, text.size() - done);
        if (size < 0 && errno != EINTR) return Error{fmt::format("cannot write the report: {}", std::strerror(errno))};
        done += size > 0 ? static_cast<std::size_t>(size) : 0;
    }
    UniqueFd reading(::open(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), O_RDONLY | O_CLOEXEC));
    if (!reading.valid()) return Error{fmt::format("cannot read the report: {}", std::strerror(errno))};
    return reading;
}

Result<UniqueFd> report_file(ReportOf& of, const std::atomic<bool>& stopping) {
    auto scan = history::Scan::open(of.history);
    if (!scan) return Error{fmt::format("the history cannot be read: {}", scan.error().text)};
    Inputs& inputs = of.inputs;
    if (auto read = read_policies(of, inputs.policies); !read) return std::move(read).error();
    if (auto known = check_words(inputs); !known) return std::move(known).error();
    auto records = state::read_history(of.state);
    if (!records) return std::move(records).error();
    for (auto& each : *records)
        if (each.second.at < inputs.to) inputs.records.push_back(std::move(each));
    std::ranges::stable_sort(inputs.records, {}, [](const auto& each) { return each.second.at; });
    Diagnostics diagnostics;
    auto catalogue = blocklists::load_catalogue(of.services, diagnostics);
    if (!diagnostics.has_errors() && !catalogue.services.empty())
        inputs.catalogue = std::make_shared<const blocklists::Catalogue>(std::move(catalogue));
    auto document = assessment::assess(inputs, **scan, stopping);
    if (!document) return std::move(document).error();
    return file_of(assessment::canonical(*document));
}

}  // namespace

void make_report(Running& running, const Peer& peer, const Request& request,
                 const control::ControlServer::Reply& reply) {
    auto gathered = gather(running, peer, request);
    if (!gathered) return reply(fail(gathered.error().text));
    const auto of = std::make_shared<ReportOf>(std::move(*gathered));
    running.open_requests().slow.start(
        [of](const std::atomic<bool>& stopping) -> SlowWork::End {
            auto file = report_file(*of, stopping);
            if (!file) return [text = file.error().text] { return fail(text); };
            const auto shared = std::make_shared<const UniqueFd>(std::move(*file));
            return [shared] {
                Response response = done(control::Json::object());
                response.files.push_back(shared);
                return response;
            };
        },
        reply);
}

}  // namespace cenote::daemon
