// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/secondary_zone.h"

#include <algorithm>
#include <utility>

#include "resolver/base/check.h"

namespace cenote::transfer {
namespace {

using Action = SecondaryZone::Action;
using Kind = SecondaryZone::Event::Kind;

constexpr seconds kIntervalMin{1};
constexpr seconds kIntervalMax{86400};
constexpr seconds kRetryFirst{5};
constexpr seconds kPublishPause{1};  // between two attempts
constexpr int kPublishAttempts = 60;
constexpr seconds kPauseAfterRefresh{1};

seconds clamped(std::uint32_t timer_s) { return std::clamp(seconds(timer_s), kIntervalMin, kIntervalMax); }

/// Whether an event can come of an action.
bool belongs(Kind event, Action::Kind action) {
    switch (event) {
        case Kind::Started:
        case Kind::Notified:
        case Kind::TimerExpired: return action == Action::Kind::Wait;
        case Kind::SoaReceived:
        case Kind::SoaFailed: return action == Action::Kind::AskSoa;
        case Kind::ZoneReceived:
        case Kind::UpToDate:
        case Kind::TransferFailed:
        case Kind::StoreFailed:
            return action == Action::Kind::TransferIncrements || action == Action::Kind::TransferWhole;
        case Kind::DeltaPublished:
        case Kind::DeltaDeclined: return action == Action::Kind::PublishDelta;
        case Kind::Published:
        case Kind::Refused:
        case Kind::NotPublished: return action == Action::Kind::Publish;
        case Kind::Confirmed: return action == Action::Kind::Confirm;
    }
    return false;
}

}  // namespace

SecondaryZone::SecondaryZone(const std::optional<Stored>& stored) : retry_(kRetryFirst) {
    if (!stored) return;
    serial_ = stored->soa.serial;
    timers_ = stored->soa;
    expired_ = stored->expired;
    publish_pending_ = stored->expired || !stored->published;
}

SecondaryZone::Action SecondaryZone::next(const Event& event, Ticks now) {
    CENOTE_CHECK(belongs(event.kind, last_));
    const Action action = decide(event, now);
    last_ = action.kind;
    return action;
}

SecondaryZone::Action SecondaryZone::decide(const Event& event, Ticks now) {
    switch (event.kind) {
        case Kind::Started:
            last_contact_ = now;
            return publish_pending_ ? publish(Then::AskSoa) : Action{.kind = Action::Kind::AskSoa};
        case Kind::SoaReceived: return on_soa(event.soa, now);
        case Kind::ZoneReceived: return on_zone(event.soa);
        case Kind::TransferFailed:  // increments that do not fit what is here: the whole zone then
            if (last_ == Action::Kind::TransferIncrements) return {.kind = Action::Kind::TransferWhole};
            return fail(Action::Failure::Failed, now);
        case Kind::SoaFailed:
        case Kind::StoreFailed: return fail(Action::Failure::Failed, now);
        case Kind::UpToDate:
        case Kind::Confirmed: return succeed(now);
        case Kind::DeltaPublished: {
            publish_pending_ = false;
            Action action = succeed(now);
            action.clear_failure = std::exchange(failing_, false);
            return action;
        }
        case Kind::DeltaDeclined: return publish(Then::WaitRefresh);
        case Kind::Published:
        case Kind::Refused:
        case Kind::NotPublished: return on_publish(event.kind, now);
        case Kind::Notified:
        case Kind::TimerExpired: return on_wait_end(event.kind, now);
    }
    return wait_retry(now);
}

SecondaryZone::Action SecondaryZone::on_soa(const Soa& soa, Ticks now) {
    if (serial_ && soa.serial != *serial_ && !is_later(soa.serial, *serial_))
        return fail(Action::Failure::SerialWentBack, now);
    timers_ = soa;
    if (!serial_) return {.kind = Action::Kind::TransferWhole};
    if (soa.serial != *serial_) return {.kind = Action::Kind::TransferIncrements};

    // A failure noted since acceptance refused the zone stands where its reason stood: publishing notes that again.
    const bool refusal_overwritten = refused_ && failing_;
    const bool revived = std::exchange(expired_, false);
    publish_pending_ = publish_pending_ || revived || refusal_overwritten;
    Action action = publish_pending_ ? publish(Then::Confirm) : Action{.kind = Action::Kind::Confirm};
    action.clear_failure = std::exchange(failing_, false);
    if (revived) action.expiry = Action::Expiry::Ends;
    return action;
}

SecondaryZone::Action SecondaryZone::on_zone(const Soa& soa) {
    const bool may_be_small = serial_.has_value() && !expired_;
    serial_ = soa.serial;
    timers_ = soa;
    publish_pending_ = true;
    refused_ = false;
    Action action = may_be_small ? Action{.kind = Action::Kind::PublishDelta} : publish(Then::WaitRefresh);
    if (std::exchange(expired_, false)) action.expiry = Action::Expiry::Ends;
    return action;
}

SecondaryZone::Action SecondaryZone::publish(Then then) {
    then_ = then;
    attempts_ = 0;
    return {.kind = Action::Kind::Publish};
}

/// What is not published after the last attempt is tried again at the next refresh.
SecondaryZone::Action SecondaryZone::on_publish(Event::Kind kind, Ticks now) {
    if (kind == Kind::NotPublished && ++attempts_ < kPublishAttempts) {
        publishing_ = true;
        return {.kind = Action::Kind::Wait, .until = now + kPublishPause};
    }
    publish_pending_ = kind == Kind::NotPublished;
    refused_ = kind == Kind::Refused;
    return after_publish(now);
}

SecondaryZone::Action SecondaryZone::after_publish(Ticks now) {
    switch (then_) {
        case Then::AskSoa:
            last_contact_ = now;
            notified_ = false;
            return {.kind = Action::Kind::AskSoa};
        case Then::Confirm:
            if (!publish_pending_) return {.kind = Action::Kind::Confirm};
            return succeed(now);
        case Then::WaitRefresh: return succeed(now);
        case Then::WaitRetry: break;
    }
    return wait_retry(now);
}

SecondaryZone::Action SecondaryZone::fail(Action::Failure failure, Ticks now) {
    failing_ = true;
    const bool expires = !expired_ && serial_ && timers_.expire != 0 && now - last_contact_ >= seconds(timers_.expire);
    if (expires) {
        expired_ = true;
        publish_pending_ = true;
    }
    Action action = expired_ && publish_pending_ ? publish(Then::WaitRetry) : wait_retry(now);
    action.failure = failure;
    if (expires) action.expiry = Action::Expiry::Begins;
    return action;
}

SecondaryZone::Action SecondaryZone::succeed(Ticks now) {
    last_contact_ = now;
    retry_ = kRetryFirst;
    return wait(clamped(timers_.refresh), now);
}

/// The retry timer of the zone is an upper bound: the first attempts come sooner.
SecondaryZone::Action SecondaryZone::wait_retry(Ticks now) {
    const seconds limit = timers_.retry != 0 ? std::min(retry_, clamped(timers_.retry)) : retry_;
    retry_ = std::min(2 * retry_, kIntervalMax);
    return wait(limit, now);
}

/// NOTIFY that comes during a refresh, or soon after it, leads to one query and not to one each (RFC 1996 §4.4): its
/// source address is easily forged.
SecondaryZone::Action SecondaryZone::wait(seconds limit, Ticks now) {
    quiet_until_ = now + std::min(limit, kPauseAfterRefresh);
    return {.kind = Action::Kind::Wait, .until = notified_ ? quiet_until_ : now + limit};
}

SecondaryZone::Action SecondaryZone::on_wait_end(Event::Kind kind, Ticks now) {
    const bool notified = kind == Kind::Notified;
    if (std::exchange(publishing_, false)) {
        if (!notified) return {.kind = Action::Kind::Publish};
        notified_ = true;  // the primary may have something newer: that is published instead
        return after_publish(now);
    }
    if (notified && now < quiet_until_) {
        notified_ = true;
        return {.kind = Action::Kind::Wait, .until = quiet_until_};
    }
    notified_ = false;
    return {.kind = Action::Kind::AskSoa};
}

}  // namespace cenote::transfer
