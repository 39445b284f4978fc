// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/lane.h"

#include <fmt/format.h>

#include "resolver/base/random.h"
#include "resolver/wire/message.h"

namespace cenote::proof {
namespace {

/// The text of the answer to policy.cenote.
std::string policy_text(const Observation& seen) {
    for (const AnswerRecord& record : seen.answers)
        if (record.type == wire::RrType::TXT && record.rdata.size() > 1)
            return {record.rdata.begin() + 1, record.rdata.end()};
    return {};
}

}  // namespace

Lane::Lane(const Plan& plan, const Asked& asked, const ProofOptions& options, std::vector<Deviation>& rows)
    : plan_(plan),
      asked_(asked),
      options_(options),
      rows_(rows),
      client_(plan.policy().classify(asked.client)),
      channel_(make_channel(asked.transport, asked.where)),
      in_flight_(options.in_flight, options.patience, static_cast<std::uint16_t>(random_u64())) {
    result_.node = asked.node;
    result_.client = asked.client;
    result_.transport = asked.transport;
    if (auto opened = channel_->open(); !opened) give_up(opened.error().text);
}

void Lane::turn(Ticks now) {
    ask(now);
    const auto send = [this](ByteView query) { channel_->send(query); };
    const auto send_with = [this](ByteView cookie, ByteView query) {
        channel_->set_cookie(cookie);
        channel_->send(query);
    };
    const auto ended = [this](InFlight::Ended each) { end(std::move(each)); };
    const auto status = channel_->turn([&](ByteView message) {
        broken_ = 0;
        in_flight_.take(message, send_with, ended);
    });
    if (!status) reopen(now, status.error().text);
    in_flight_.look(now, send, ended);
    if (silent_ >= options_.silent_max) give_up(std::string(why_silent_));
    ask(now);
}

/// The first query goes alone: a node that does not answer it is asked nothing more.
void Lane::ask(Ticks now) {
    const auto send = [this](ByteView query) { channel_->send(query); };
    while (!asked_all_ && !in_flight_.full() && (begun_ == 0 || judged_ > 0)) {
        const auto check = plan_.next(cursor_, client_);
        if (!check) {
            asked_all_ = true;
            return;
        }
        in_flight_.begin(begun_++, *check, plan_.question(*check), plan_.expectation(*check, client_).silence(), now,
                         send);
    }
}

/// A connection that breaks is made anew, as often as it brings an answer: a server may take only so many queries on
/// one.
void Lane::reopen(Ticks now, const std::string& why) {
    constexpr std::size_t kBreaksMax = 16;  // a reset may take answers with it that were sent
    if (++broken_ > kBreaksMax) return give_up(why);
    if (auto opened = channel_->open(); !opened) return give_up(opened.error().text);
    in_flight_.resend(now, [this](ByteView query) { channel_->send(query); });
}

void Lane::give_up(const std::string& why) {
    if (begun_ == 0) {  // it cannot even be asked for its policy
        const auto check = plan_.next(cursor_, client_);
        Observation none;
        none.why = why;
        ++begun_;
        if (check) end({0, *check, std::move(none)});
    }
    in_flight_.give_up(why, [this](InFlight::Ended each) { end(std::move(each)); });
    if (!asked_all_) result_.given_up = why;
    asked_all_ = true;
}

void Lane::end(InFlight::Ended ended) {
    const std::uint64_t place = ended.place;
    early_.emplace(place, std::move(ended));
    for (auto next = early_.find(judged_); next != early_.end(); next = early_.find(judged_)) {
        judge_ended(next->second.check, next->second.observation);
        early_.erase(next);
        ++judged_;
    }
}

void Lane::judge_ended(const Check& check, const Observation& seen) {
    ++result_.checks;
    const Expectation expected = plan_.expectation(check, client_);
    const bool silent = seen.outcome == Outcome::NoAnswer && !expected.silence();
    silent_ = silent ? silent_ + 1 : 0;
    if (silent) why_silent_ = seen.why;
    if (check.of == Check::Of::Digest) {
        result_.policy = policy_text(seen);
        if (silent) silent_ = options_.silent_max;
    }
    const Judgement judgement = judge(expected, seen, plan_.policy().options().sinkhole);
    const Question asked = plan_.question(check);
    // What policy.cenote says has numbers that change without the rules; it is compared, and not digested.
    digest_.update(bytes_of(fmt::format("{} {} {} {}\n", asked.name.to_string(), wire::type_to_text(asked.type),
                                        variant_to_text(asked.variant), judgement.got)));
    if (judgement.finding == Finding::Unresolved) ++result_.unresolved;
    if (judgement.finding == Finding::Deviates) deviate(check, seen, judgement.got);
}

void Lane::deviate(const Check& check, const Observation& seen, const std::string& got) {
    ++result_.deviations;
    if (rows_.size() >= kRowsMax) return;
    const Question asked = plan_.question(check);
    rows_.push_back({.node = asked_.node.to_string(),
                     .name = asked.name.to_string(),
                     .type = wire::type_to_text(asked.type),
                     .transport = std::string(transport_to_text(asked_.transport)),
                     .variant = std::string(variant_to_text(asked.variant)),
                     .expected = check.of == Check::Of::Digest ? "the version of its policy"
                                                               : expectation_to_text(plan_.expectation(check, client_)),
                     .got = got,
                     .errors = seen.errors});
}

LaneResult Lane::finish() {
    result_.left_out = cursor_.left_out;
    const bool among_names = cursor_.next.of == Check::Of::Name || cursor_.next.of == Check::Of::Below;
    result_.names = among_names ? cursor_.next.name : 0;
    result_.digest = digest_.finish();
    return std::move(result_);
}

}  // namespace cenote::proof
