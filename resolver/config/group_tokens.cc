// SPDX-License-Identifier: Apache-2.0
//
// The files of [[group]].tokens: one token a line. Of a token only its digest is kept, and no message has it.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

constexpr std::size_t kFileMax = 1U << 20;
constexpr std::size_t kTokensMax = 10000;  // of a group
constexpr std::string_view kMake{"write random ones, as 'openssl rand -hex 16' makes them"};

std::string_view trimmed(std::string_view line) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    return line;
}

class TokenFiles {
public:
    explicit TokenFiles(Draft& draft) : draft_(draft) {}

    void read(policy::Group& group) {
        const Path path = to_path(group.tokens, draft_.folder);
        group.tokens = path.string();
        const auto text = read_file(path, kFileMax);
        if (!text) return keep_failure(group, path, text.error());
        struct stat info {};
        if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0)
            draft_.diagnostics.warning(
                group.tokens_place,
                fmt::format("every user of this host can read the tokens in {}; chmod 0640 it", path.string()));
        read_lines(*text, path, group);
        if (group.token_digests.empty() && !draft_.diagnostics.has_errors())
            draft_.diagnostics.warning(group.tokens_place,
                                       fmt::format("there is no token in {}; {}", path.string(), kMake));
        if (group.token_digests.size() > kTokensMax)
            draft_.diagnostics.error(group.tokens_place,
                                     fmt::format("{} has {} tokens; {} are the most of a group", path.string(),
                                                 group.token_digests.size(), kTokensMax));
    }

private:
    /// The tool and the updater need no token, and may be users who must not read them.
    void keep_failure(const policy::Group& group, const Path& path, const Error& why) {
        struct stat info {};
        const bool is_there = ::stat(path.c_str(), &info) == 0 || errno == EACCES;
        if (is_there)
            draft_.settings.unread.push_back({Diagnostic::Severity::Error, group.tokens_place, why.text});
        else
            draft_.diagnostics.error(group.tokens_place, why.text);
    }

    void read_lines(std::string_view text, const Path& path, policy::Group& group) {
        SourcePlace place{path.string(), 0, 1};
        while (!text.empty()) {
            ++place.line;
            const std::size_t end = std::min(text.find('\n'), text.size());
            const std::string_view line = trimmed(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
            if (!line.empty() && line.front() != '#') read_token(line, place, group);
        }
    }

    void read_token(std::string_view token, const SourcePlace& place, policy::Group& group) {
        if (const std::string why = policy::weakness_of(token); !why.empty())
            return draft_.diagnostics.error(place, fmt::format("the token {}; {}", why, kMake));
        const policy::TokenDigest digest = policy::digest_of_token(token);
        const auto [first, is_new] = places_.try_emplace(digest, place, group.id);
        if (is_new) return group.token_digests.push_back(digest);
        const auto& [its_place, its_group] = first->second;
        if (its_group == group.id)
            return draft_.diagnostics.error(place, fmt::format("the same token is in line {} of {}; remove one of them",
                                                               its_place.line, its_place.file));
        draft_.diagnostics.error(place,
                                 fmt::format("the same token is in line {} of {}, for group '{}': a token puts a "
                                             "client into one group; remove one of them",
                                             its_place.line, its_place.file, its_group));
    }

    Draft& draft_;
    std::map<policy::TokenDigest, std::pair<SourcePlace, std::string>> places_;
};

}  // namespace

void read_tokens(Draft& draft) {
    TokenFiles files(draft);
    for (policy::Group& group : draft.policy.groups)
        if (!group.tokens.empty()) files.read(group);
}

void check_identities(const Draft& draft) {
    const auto& listen = draft.settings.server.listen;
    const bool has_https = std::ranges::any_of(listen, [](const server::Endpoint& each) {
        return each.protocol == server::Protocol::Https || each.protocol == server::Protocol::H2c;
    });
    const bool asks = !draft.settings.tls.clients.authorities.empty() &&
                      draft.settings.tls.clients.asked != loop::ClientCertificates::None;
    for (const policy::Group& group : draft.policy.groups) {
        if (!group.certificates.empty() && !asks)
            draft.diagnostics.warning(
                group.place, fmt::format("group '{}': clients are asked for no certificate; name the authority of the "
                                         "certificates as 'client_ca' in [server.tls]",
                                         group.id));
        if (!group.tokens.empty() && !has_https)
            draft.diagnostics.warning(group.tokens_place,
                                      fmt::format("group '{}': tokens come with DNS over HTTPS alone; name addresses "
                                                  "for it as 'listen_https' in [server]",
                                                  group.id));
    }
}

}  // namespace cenote::config
