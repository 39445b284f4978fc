// SPDX-License-Identifier: Apache-2.0
//
// The meaning of a set in its simplest form: every lookup evaluates every statement.
#pragma once

#include <algorithm>
#include <set>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/domainset/writer.h"

namespace cenote::domainset {

class NaiveSet {
public:
    void add(const wire::Name& name, const Tag& tag, MatchKind kind) {
        statements_.push_back({name, tag, kind, false});
    }
    void add_exception(const wire::Name& name, std::uint32_t source, MatchKind kind) {
        statements_.push_back({name, {source, Role::Web, false}, kind, true});
    }

    /// All tags that hold for `name`: of each source, those of its deepest statements.
    [[nodiscard]] std::set<Tag> match(const wire::Name& name) const {
        std::set<Tag> tags;
        std::set<std::uint32_t> sources;
        for (const auto& statement : statements_) sources.insert(statement.tag.source);
        for (const auto source : sources) {
            int deepest = 0;
            for (const auto& statement : statements_)
                if (covers(statement, source, name)) deepest = std::max<int>(deepest, statement.name.labels());
            bool excepted = false;
            std::set<Tag> found;
            for (const auto& statement : statements_) {
                if (!covers(statement, source, name) || statement.name.labels() != deepest) continue;
                excepted = excepted || statement.exception;
                if (!statement.exception) found.insert(statement.tag);
            }
            if (!excepted) tags.insert(found.begin(), found.end());
        }
        return tags;
    }

    void write_to(DomainSetWriter& writer) const {
        for (const auto& statement : statements_) {
            if (statement.exception)
                writer.add_exception(statement.name, statement.tag.source, statement.kind);
            else
                writer.add(statement.name, statement.tag, statement.kind);
        }
    }

private:
    struct Statement {
        wire::Name name;
        Tag tag;
        MatchKind kind;
        bool exception;
    };

    static bool covers(const Statement& statement, std::uint32_t source, const wire::Name& name) {
        if (statement.tag.source != source) return false;
        switch (statement.kind) {
            case MatchKind::Exact: return name == statement.name;
            case MatchKind::Suffix: return name.is_below_or_equal(statement.name);
            case MatchKind::Below: return name.is_below_or_equal(statement.name) && !(name == statement.name);
        }
        return false;
    }

    std::vector<Statement> statements_;
};

/// The tags a set gives for a name.
inline std::set<Tag> tags_at(const DomainSet& set, const wire::Name& name) {
    std::set<Tag> tags;
    if (const auto hit = set.match(name))
        for (const auto index : set.source_set(hit->tags)) tags.insert(set.tags()[index]);
    return tags;
}

}  // namespace cenote::domainset
