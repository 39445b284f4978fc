// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/certificate_problems.h"

#include <fmt/format.h>

#include <utility>

#include "resolver/base/time_text.h"

namespace cenote::report {
namespace {

using Problems = std::vector<Problem>;

/// A renewal is due 30 days before the end, as programs for it have it, and urgent 7 days before.
void add_end_of_certificate(const CertificateState& state, WallTime now, Problems& found) {
    const seconds left = *state.ends - now;
    if (left > 30 * kDay && now >= *state.begins) return;
    const std::string file = state.file.string();
    const std::string remedy = "renew it and put the new files in the place of the old ones, they are read at once";
    if (now < *state.begins)
        found.push_back({Severity::Error,
                         fmt::format("the certificate in {} begins {}: clients that check it turn away", file,
                                     format_time(*state.begins)),
                         {},
                         "set the clock, or put a certificate there that is valid now",
                         "certificate begins"});
    else if (left <= seconds{0})
        found.push_back({Severity::Error,
                         fmt::format("the certificate in {} ended {}: clients that check it turn away", file,
                                     format_time(*state.ends)),
                         {},
                         remedy,
                         "certificate ended"});
    else
        found.push_back({Severity::Warning,
                         fmt::format("the certificate in {} ends {}", file, format_time(*state.ends)),
                         {},
                         remedy,
                         left > 7 * kDay ? "certificate ends within 30 days" : "certificate ends within 7 days"});
}

/// The check of certificates of clients stops to find any valid when what it needs is over.
void add_end_of_trust(const CertificateState& state, WallTime now, Problems& found) {
    const auto add = [&](const Path& file, WallTime ends, seconds ahead, std::string_view what, std::string remedy) {
        if (file.empty() || now < ends - ahead) return;
        const bool over = now >= ends;
        found.push_back(
            {over ? Severity::Error : Severity::Warning,
             fmt::format("{} in {} {} {}{}", what, file.string(), over ? "ended" : "ends", format_time(ends),
                         over ? ": certificates of clients that it decides about are not valid" : ""),
             {},
             std::move(remedy),
             fmt::format("{} {}", what, over ? "ended" : "ends soon")});
    };
    add(state.client_ca, state.client_ca_ends, 30 * kDay, "an authority of clients",
        "put its successor into the file beside it, the file is read at once");
    add(state.client_crl, state.client_crl_ends, kDay / 4, "a list of revoked certificates",
        "put a new list in its place, it is read at once");
}

}  // namespace

void add_certificate_problems(const Condition& condition, WallTime now, Problems& found) {
    if (!condition.certificate) return;
    const CertificateState& state = *condition.certificate;
    if (!state.problem.empty())
        found.push_back({Severity::Error,
                         fmt::format("{}: {}",
                                     state.ends ? "the new certificate is not in use, the one before it is"
                                                : "TLS is not served, there is no certificate",
                                     state.problem),
                         {},
                         "correct the files of [server.tls], they are read at once",
                         "certificate refused",
                         Logged::Begin});
    if (!state.ends) return;
    add_end_of_certificate(state, now, found);
    add_end_of_trust(state, now, found);
    if (!state.lacks.empty())
        found.push_back({Severity::Warning,
                         fmt::format("the certificate in {} is not valid for {}, the name in [server.tls]: clients "
                                     "that check it turn away",
                                     state.file.string(), state.lacks),
                         {},
                         "put a certificate with this name there, or correct 'name'",
                         "certificate name"});
}

}  // namespace cenote::report
