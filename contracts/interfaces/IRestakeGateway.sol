// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title From ETH to a deposit of ezETH in one transaction
/// @notice Renzo's own refusals (`ContractPaused`, `InvalidTokenAmount`) and OmronDeposit's pass through unchanged.
interface IRestakeGateway {
    /// @notice `sent` wei became `credited` units of ezETH, deposited for `user`.
    event Restaked(address indexed user, uint256 sent, uint256 credited, uint256 indexed referralId);

    error ZeroAddress();
    error ZeroAmount();
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    /// @notice Fewer ezETH units were credited than asked for.
    error InsufficientOutput(uint256 credited, uint256 minimumOut);
    /// @notice Only Renzo may send ETH here, and only what it gives back.
    error UnexpectedEther(address sender);

    /// @notice Restake the ETH sent through Renzo, and deposit the ezETH for the caller. Whatever is left over goes back.
    /// @param minimumOut least ezETH units to be credited
    /// @param deadline last second at which this may happen, Unix time
    /// @param referralId passed on to Renzo; zero for none
    /// @return credited ezETH units
    function restake(uint256 minimumOut, uint256 deadline, uint256 referralId)
        external
        payable
        returns (uint256 credited);

    /// @notice Renzo's contract that mints ezETH.
    function RESTAKE_MANAGER() external view returns (address);
    function EZETH() external view returns (address);
    function DEPOSIT() external view returns (address);
}
