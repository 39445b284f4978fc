// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/certificate_problems.h"

#include <fmt/format.h>

#include <utility>

#include "resolver/base/time_text.h"
#include "resolver/report/problem_phrases.h"

namespace cenote::report {
namespace {

using Problems = std::vector<Problem>;

/// A renewal is due 30 days before the end, as programs for it have it, and urgent 7 days before.
void add_end_of_certificate(const CertificateState& state, WallTime now, Problems& found) {
    const seconds left = *state.ends - now;
    if (left > 30 * kDay && now >= *state.begins) return;
    const auto add = [&](Severity severity, std::string kind, WallTime at, std::string id) {
        found.push_back(problem_of(severity, std::move(kind), {{"file", state.file.string()}, {"at", format_time(at)}},
                                   {}, std::move(id)));
    };
    if (now < *state.begins)
        add(Severity::Error, "certificate_begins", *state.begins, "certificate begins");
    else if (left <= seconds{0})
        add(Severity::Error, "certificate_ended", *state.ends, "certificate ended");
    else
        add(Severity::Warning, "certificate_ends", *state.ends,
            left > 7 * kDay ? "certificate ends within 30 days" : "certificate ends within 7 days");
}

/// The check of certificates of clients stops to find any valid when what it needs is over.
void add_end_of_trust(const CertificateState& state, WallTime now, Problems& found) {
    const auto add = [&](const Path& file, WallTime ends, seconds ahead, const char* kind, const char* what) {
        if (file.empty() || now < ends - ahead) return;
        const bool over = now >= ends;
        found.push_back(problem_of(over ? Severity::Error : Severity::Warning,
                                   fmt::format("{}_{}", kind, over ? "ended" : "ends"),
                                   {{"file", file.string()}, {"at", format_time(ends)}}, {},
                                   fmt::format("{} {}", what, over ? "ended" : "ends soon")));
    };
    add(state.client_ca, state.client_ca_ends, 30 * kDay, "client_ca", "an authority of clients");
    add(state.client_crl, state.client_crl_ends, kDay / 4, "client_crl", "a list of revoked certificates");
}

}  // namespace

void add_certificate_problems(const Condition& condition, WallTime now, Problems& found) {
    if (!condition.certificate) return;
    const CertificateState& state = *condition.certificate;
    if (!state.problem.empty())
        found.push_back(problem_of(Severity::Error, state.ends ? "certificate_refused" : "no_certificate",
                                   {{"why", state.problem}}, {}, "certificate refused", Logged::Begin));
    if (!state.ends) return;
    add_end_of_certificate(state, now, found);
    add_end_of_trust(state, now, found);
    if (!state.lacks.empty())
        found.push_back(problem_of(Severity::Warning, "certificate_name",
                                   {{"file", state.file.string()}, {"name", state.lacks}}, {}, "certificate name"));
}

}  // namespace cenote::report
