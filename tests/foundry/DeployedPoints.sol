// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The rules of points of the contract on mainnet, kept as a reference: floored at every touch, up to the stop.
contract DeployedPoints {
    struct Account {
        uint256 points;
        uint256 rate;
        uint256 lastUpdated;
    }

    uint256 public stopTime;
    mapping(address user => Account account) public accounts;

    function touch(address user) public {
        Account storage account = accounts[user];
        account.points = pointsOf(user);
        account.lastUpdated = block.timestamp;
    }

    function deposit(address user, uint256 amount) external {
        touch(user);
        accounts[user].rate += amount;
    }

    function withdrawTokens(address user) external {
        touch(user);
        accounts[user].rate = 0;
    }

    function claim(address user) external returns (uint256 points) {
        touch(user);
        points = accounts[user].points;
        accounts[user].points = 0;
    }

    function stop() external {
        stopTime = block.timestamp;
    }

    function pointsOf(address user) public view returns (uint256) {
        Account memory account = accounts[user];
        uint256 until = stopTime == 0 ? block.timestamp : stopTime;
        if (until <= account.lastUpdated) return account.points;
        return account.points + (until - account.lastUpdated) * account.rate / 3600;
    }
}
