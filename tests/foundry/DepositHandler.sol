// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {DepositGhosts} from "./DepositGhosts.sol";
import {IOmronDeposit} from "../../contracts/interfaces/IOmronDeposit.sol";

/// @dev Everybody who can act on OmronDeposit, doing so in any order; each action is compared with what the interface says.
contract DepositHandler is DepositGhosts {
    uint256 public deposited;
    uint256 public withdrawn;
    uint256 public fetched;
    uint256 public claimed;

    address private immutable _CREATOR = msg.sender;

    constructor() {
        setUpGhosts();
    }

    // ------------------------------------------------------------------ users

    function deposit(uint8 payer, uint8 receiver, uint8 tokenSeed, uint96 amount) external {
        (address user, address token) = (userOf(receiver), tokenOf(tokenSeed));
        uint256 before = held(token);
        // a unit of the weighted token earns as much as 2.5e12 of the others
        uint256 sent = token == address(weighted) ? 1 + uint256(amount) % 10 ** 10 : uint256(amount) % MUCH;
        CHEATS.prank(userOf(payer));
        try deposits.depositFor(user, token, sent) returns (uint256 credited) {
            uint256 arrived = held(token) - before;
            if (credited != (arrived < sent ? arrived : sent)) {
                broken("credited is not the lesser of sent and arrived");
            }
            touchReference(user);
            sumTotal(token);
            owed[user][token] += credited;
            cameIn[token] += arrived;
            ++deposited;
        } catch {}
    }

    /// @dev The user alone decides where it goes; it can fail only for a reason that lies in the token itself.
    function withdraw(uint8 seed, uint8 tokenSeed, uint96 part, bool toSafe) external {
        (address user, address token) = (userOf(seed), tokenOf(tokenSeed));
        if (owed[user][token] == 0) return;
        uint256 amount = bound(part, 1, owed[user][token]);
        (uint256 heldBefore, uint256 total) = (held(token), deposits.totalOf(token));
        uint256 expected = heldBefore >= total ? amount : amount * heldBefore / total;
        address recipient = toSafe ? SAFE : user;
        uint256 had = balanceOf(token, recipient);
        CHEATS.prank(user);
        try deposits.withdraw(token, amount, recipient) {
            if (expected == 0) broken("a deposit was taken for nothing");
            touchReference(user);
            sumTotal(token);
            owed[user][token] -= amount;
            _left(token, heldBefore, total, expected);
            _arrived(token, recipient, had, expected);
            ++withdrawn;
        } catch {
            bool refuses = token == address(awkward) && awkward.refusing();
            if (!refuses && expected != 0) broken("a user could not leave");
        }
    }

    /// @dev A single unit, for which nothing can be paid after a loss.
    function withdrawOneAfterALoss(uint8 seed, uint8 tokenSeed, uint8 percent) external {
        this.slash(tokenSeed, percent);
        this.withdraw(seed, tokenSeed, 0, false);
    }

    // ---------------------------------------------------------- claim manager

    function managerFetches(uint8 seed) external {
        address user = userOf(seed);
        uint256[4] memory heldBefore;
        uint256[4] memory totalBefore;
        uint256[4] memory had;
        for (uint256 i = 0; i < tokens.length; ++i) {
            (heldBefore[i], totalBefore[i]) = (held(tokens[i]), deposits.totalOf(tokens[i]));
            had[i] = balanceOf(tokens[i], MANAGER);
        }
        CHEATS.prank(MANAGER);
        try deposits.withdrawTokens(user) {
            if (!managerMayAct()) broken("the manager took tokens before it may");
            touchReference(user);
            for (uint256 i = 0; i < tokens.length; ++i) {
                uint256 amount = owed[user][tokens[i]];
                if (!listed[tokens[i]] || amount == 0) continue;
                uint256 paid = heldBefore[i] >= totalBefore[i] ? amount : amount * heldBefore[i] / totalBefore[i];
                if (paid == 0) continue;
                sumTotal(tokens[i]);
                owed[user][tokens[i]] = 0;
                _left(tokens[i], heldBefore[i], totalBefore[i], paid);
                _arrived(tokens[i], MANAGER, had[i], paid);
            }
            ++fetched;
        } catch {
            if (managerMayAct() && !awkward.refusing()) broken("the manager could not take tokens");
        }
    }

    function managerClaims(uint8 seed) external {
        address user = userOf(seed);
        CHEATS.prank(MANAGER);
        try deposits.claim(user) {
            if (!managerMayAct()) broken("the manager took points before it may");
            forgetPoints(user);
            ++claimed;
        } catch {
            if (managerMayAct()) broken("the manager could not take points");
        }
    }

    // ------------------------------------------------------------------ owner

    function announceManager() external {
        _announceManager();
    }

    /// @dev Accepted once from an announcement, as long as the interface says, and not before.
    function acceptManager() external {
        bool timely = block.timestamp >= announcedAt + DELAY && block.timestamp <= announcedAt + DELAY + 7 days;
        try deposits.acceptClaimManager() {
            if (announcedAt == 0 || !timely) broken("a manager was accepted before, after or without its time");
            (appointed, announcedAt) = (true, 0);
        } catch {
            if (announcedAt != 0 && timely) broken("a manager could not be accepted");
        }
    }

    /// @dev Announced, waited for and accepted: left to chance it would practically never be.
    function appointManager() external {
        _announceManager();
        CHEATS.warp(block.timestamp + DELAY);
        this.acceptManager();
        // what was announced is used up
        this.acceptManager();
    }

    /// @dev In the last second before it may be, the first and the last of its time, and the one after.
    function acceptManagerAtAnEdge(uint8 edge) external {
        uint256[4] memory moments = [DELAY - 1, DELAY, DELAY + 7 days, DELAY + 7 days + 1];
        _announceManager();
        CHEATS.warp(block.timestamp + moments[edge % 4]);
        this.acceptManager();
    }

    function stop(uint8 seed) external {
        // seldom, or nothing would be deposited
        if (seed % 16 != 0) return;
        _stop();
    }

    /// @dev And users have had the time to leave.
    function stopAndWait(uint8 seed) external {
        if (seed % 8 != 0) return;
        _stop();
        CHEATS.warp(block.timestamp + DELAY);
    }

    function pause(bool on) external {
        if (on) deposits.pause();
        else deposits.unpause();
        paused = on;
    }

    function startSeason(uint24 seed) external {
        uint256 next = uint256(seed) % 100_001;
        windClock();
        deposits.startSeason(next);
        multiplier = next;
    }

    function delist(uint8 seed) external {
        deposits.removeWhitelistedToken(tokenOf(seed));
        listed[tokenOf(seed)] = false;
    }

    function relist(uint8 seed) external {
        deposits.addWhitelistedToken(tokenOf(seed));
        listed[tokenOf(seed)] = true;
    }

    function rescue(uint8 seed) external {
        address token = tokenOf(seed);
        uint256 amount = held(token);
        deposits.rescue(token, address(this));
        if (owedInAll(token) != 0) broken("what is owed was rescued");
        wentOut[token] += amount;
    }

    // ----------------------------------------------------------------- others

    function wait(uint24 time) external {
        CHEATS.warp(block.timestamp + time % 3 days);
    }

    function tokenMisbehaves(uint16 fee, bool refusing) external {
        awkward.setFee(fee % 5_000);
        awkward.setRefusing(refusing);
    }

    /// @dev A loss: units vanish from what the contract holds.
    function slash(uint8 seed, uint8 percent) external {
        // seldom and never all
        if (percent % 4 != 0) return;
        address token = tokenOf(seed);
        uint256 amount = held(token) * (1 + percent % 60) / 100;
        mockOf(token).burn(address(deposits), amount);
        wentOut[token] += amount;
        lost[token] = true;
    }

    function rebase(uint8 percent) external {
        uint256 numerator = 70 + uint256(percent) % 60;
        rebasing.rebase(numerator, 100);
        lost[address(rebasing)] = true;
    }

    function donate(uint8 seed, uint64 amount) external {
        address token = tokenOf(seed);
        mockOf(token).mint(address(deposits), amount);
        cameIn[token] += amount;
    }

    /// @dev A thief tries everything that moves tokens or rights.
    function steal(uint8 seed, uint96 amount) external {
        (address user, address token) = (userOf(seed), tokenOf(seed / 4));
        bytes[9] memory calls = [
            abi.encodeWithSignature("withdraw(address,uint256,address)", token, 1 + amount, THIEF),
            abi.encodeWithSignature("withdraw(address,uint256,address,uint256)", token, 1 + amount, THIEF, 0),
            abi.encodeCall(IOmronDeposit.withdrawTokens, (user)),
            abi.encodeCall(IOmronDeposit.claim, (user)),
            abi.encodeCall(IOmronDeposit.setClaimManager, (THIEF)),
            abi.encodeCall(IOmronDeposit.acceptClaimManager, ()),
            abi.encodeCall(IOmronDeposit.rescue, (token, THIEF)),
            abi.encodeCall(IOmronDeposit.stopDeposits, ()),
            abi.encodeWithSignature("transferOwnership(address)", THIEF)
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            CHEATS.prank(THIEF);
            (bool done,) = address(deposits).call(calls[i]);
            if (done) broken("a thief was let in");
        }
    }

    /// @dev At the end: whatever happened, every user takes out all that a working token lets go.
    function everybodyLeaves() external {
        // not one of the actions that Foundry may choose
        if (msg.sender != _CREATOR) revert NotTrue("only at the end");
        awkward.setRefusing(false);
        for (uint256 i = 0; i < users.length; ++i) {
            for (uint256 j = 0; j < tokens.length; ++j) {
                uint256 amount = owed[users[i]][tokens[j]];
                uint256 paid = deposits.payoutOf(tokens[j], amount);
                if (paid == 0) continue;
                withdrawAs(users[i], tokens[j], amount);
            }
        }
    }

    // ---------------------------------------------------------------- private

    function _announceManager() private {
        deposits.setClaimManager(MANAGER);
        announcedAt = block.timestamp;
    }

    function _stop() private {
        windClock();
        deposits.stopDeposits();
        noteTheStop();
    }

    /// @dev What was paid has arrived with whom it was for, but for the token's own fee.
    function _arrived(address token, address recipient, uint256 had, uint256 paid) private {
        uint256 fee = token == address(awkward) ? paid * awkward.feeBps() / BASIS_POINTS : 0;
        uint256 rounding = token == address(rebasing) ? 2 + rebasing.unitsPerShare() / 1 ether : 0;
        if (balanceOf(token, recipient) + rounding < had + paid - fee) broken("what was paid did not arrive");
    }

    /// @dev As much has left as expected, and the share of those who stay is no less than before.
    function _left(address token, uint256 heldBefore, uint256 total, uint256 expected) private {
        uint256 heldNow = held(token);
        uint256 gone = heldBefore - heldNow;
        wentOut[token] += gone;
        // a rebasing token moves whole shares
        uint256 rounding = token == address(rebasing) ? 2 + rebasing.unitsPerShare() / 1 ether : 0;
        if (gone + rounding < expected || gone > expected + rounding) broken("not the fair share was paid");
        uint256 totalNow = deposits.totalOf(token);
        bool poorer = (heldNow + rounding) * total < heldBefore * totalNow;
        if (heldBefore < total && poorer) broken("who stays lost by an exit");
    }
}
